// An experiment's life, what counts in it, and the verdict.
import Basics
import Events
import Testing

@testable import Experiments

@Suite struct ExperimentLifeTests {
  @Test("each state has its successors and no others", arguments: ExperimentStanding.allCases)
  func successors(standing: ExperimentStanding) {
    let path: [ExperimentStatus] =
      switch standing {
      case .draft: []
      case .running: [.running]
      case .completed: [.running, .completed]
      case .stopped: [.stopped]
      }
    let allowed: Set<ExperimentStatus> =
      switch standing {
      case .draft: [.running, .stopped]
      case .running: [.running, .stopped, .completed]
      case .completed: [.completed]
      case .stopped: [.stopped]
      }
    for status in ExperimentStatus.allCases {
      var laboratory = Laboratory()
      for step in path { laboratory.change(step, at: 0) }
      #expect(laboratory.tally.life.standing == standing)
      let before = laboratory.tally
      laboratory.change(status, at: 1)
      #expect(laboratory.acceptances.last == (allowed.contains(status) ? .accepted : .refused))
      if !allowed.contains(status) { #expect(laboratory.tally == before) }
    }
  }

  @Test("what ended stays ended when notes are added, and does not end before it began")
  func notes() {
    var laboratory = Laboratory()
    laboratory.change(.running, at: 5)
    laboratory.change(.stopped, at: 2)
    #expect(laboratory.tally.life.endedAt == Laboratory.time(5))
    laboratory.change(.stopped, at: 9, notes: "enough seen")
    #expect(
      laboratory.tally.life.endedAt == Laboratory.time(5) && laboratory.tally.life.notes == "enough seen")
  }

  @Test("a design can be changed while it is a draft, and not afterwards")
  func design() {
    var laboratory = Laboratory()
    laboratory.design(.test())
    laboratory.design(.test(minimum: 5))
    laboratory.design(.test(minimum: 5))
    laboratory.change(.running, at: 0)
    laboratory.design(.test(minimum: 6))
    #expect(laboratory.acceptances == [.accepted, .accepted, .duplicate, .accepted, .refused])
  }
}

@Suite struct ExperimentTallyTests {
  @Test("assignment is by user, differs between experiments, and keeps to the share")
  func assignment() {
    // python3: int.from_bytes(hashlib.sha256(b"e:u1").digest()[:8], "big") >> 11 over 2**53 is 0.0919...
    let users = (0..<4000).map { "u\($0)" }
    let first = users.map { assignedArm(user: $0, experiment: "e", treatmentShare: 0.2) }
    let second = users.map { assignedArm(user: $0, experiment: "f", treatmentShare: 0.2) }
    #expect(first == users.map { assignedArm(user: $0, experiment: "e", treatmentShare: 0.2) })
    #expect((700...900).contains(first.count { $0 == .treatment }))
    #expect((120...200).contains(zip(first, second).count { $0 == .treatment && $1 == .treatment }))
    #expect(users.allSatisfy { assignedArm(user: $0, experiment: "e", treatmentShare: 0) == .control })
    #expect(users.allSatisfy { assignedArm(user: $0, experiment: "e", treatmentShare: 1) == .treatment })
  }

  private func running(_ design: ExperimentDesign = .test()) -> Laboratory {
    var laboratory = Laboratory()
    laboratory.design(design)
    laboratory.change(.running, at: 0)
    return laboratory
  }

  @Test("a user counts once, with the mean of their values")
  func users() throws {
    var laboratory = running()
    for value in [1.0, 2, 6] { laboratory.see("user:a", .control, [.init("rating", value)]) }
    laboratory.see("user:b", .control, [.init("rating", 5)])
    let summary = try #require(laboratory.tally.summary(of: "rating", .control))
    #expect(summary == Summary(units: 2, mean: 4, variance: 2))
  }

  @Test("a user seen in both arms counts in neither")
  func crossed() {
    var laboratory = running()
    laboratory.see("user:a", .control, [.init("rating", 1)])
    laboratory.see("user:a", .treatment, [.init("rating", 1)])
    laboratory.see("user:a", .control, [.init("rating", 1)])
    #expect(laboratory.tally.units == [0, 0] && laboratory.tally.crossedUnits == 1)
    #expect(laboratory.tally.summary(of: "rating", .control) == nil)
  }

  @Test("values without an arm wait for the unit's arm")
  func unassigned() throws {
    var laboratory = running()
    laboratory.see("user:a", nil, [.init("rating", 3)])
    #expect(laboratory.tally.unassignedUnits == 1 && laboratory.tally.units == [0, 0])
    laboratory.see("user:a", .treatment)
    #expect(laboratory.tally.unassignedUnits == 0 && laboratory.tally.units == [0, 1])
    #expect(try #require(laboratory.tally.summary(of: "rating", .treatment)).mean == 3)
  }

  @Test("a value taken back leaves no trace, even when it is taken back first")
  func takenBack() {
    var (laboratory, without) = (running(), running())
    without.see("user:a", .control, [.init("rating", 0.1)])
    without.see("user:b", .control)
    laboratory.see("user:a", .control, [.init("rating", 0.3, isTakenBack: true)])
    laboratory.see("user:a", .control, [.init("rating", 0.1)])
    laboratory.see("user:b", .control, [.init("rating", 4)])
    laboratory.see("user:a", .control, [.init("rating", 0.3)])
    laboratory.see("user:b", .control, [.init("rating", 4, isTakenBack: true)])
    #expect(laboratory.projection(at: 2) == without.projection(at: 2))
  }

  @Test("what happened before the start or after an end that is known does not count")
  func outside() {
    var laboratory = Laboratory()
    laboratory.see("user:a", .control, at: -1)
    laboratory.see("user:b", .control, at: 1)
    laboratory.design(.test())
    laboratory.see("user:c", .control, at: 0)
    laboratory.change(.running, at: 0)
    laboratory.change(.stopped, at: 10)
    laboratory.see("user:d", .treatment, at: 10)
    laboratory.see("user:e", .treatment, at: 9.5)
    #expect(laboratory.tally.units == [2, 1])
  }

  @Test("an observation that comes twice counts once")
  func twice() {
    var laboratory = running()
    laboratory.see("user:a", .control, event: 9, [.init("renewal", 1)])
    laboratory.see("user:a", .control, event: 9, [.init("renewal", 1)])
    #expect(laboratory.acceptances.suffix(2) == [.accepted, .duplicate])
  }

  @Test("as many outcomes wait for the start as have room, one that comes twice once, and no more is taken")
  func waitingBound() {
    var laboratory = Laboratory()
    laboratory.design(.test())
    for number in 0..<ExperimentTally.waitingMax { laboratory.see("user:\(number)", .control, event: 1) }
    #expect(laboratory.acceptances.allSatisfy { $0 == .accepted })
    laboratory.see("user:0", .control, event: 1)
    laboratory.see("user:late", .control, event: 1)
    #expect(laboratory.acceptances.suffix(2) == [.duplicate, .waitingFull])
    laboratory.change(.running, at: 0)
    #expect(laboratory.tally.units == [256, 0])
    laboratory.see("user:late", .control, event: 1)
    #expect(laboratory.tally.units == [257, 0])
  }

  @Test("measures of more metrics than have room are named, and what has room is counted")
  func metricsBound() throws {
    var laboratory = running()
    for number in 1..<ExperimentTally.metricsMax {
      laboratory.see("user:a", .control, [.init("m\(number)", 1)])
    }
    laboratory.see("user:b", .treatment, [.init("m1", 3), .init("rating", 4), .init("x", 1), .init("y", 1)])
    #expect(laboratory.acceptances.last == .acceptedWithout(["x", "y"]))
    #expect(laboratory.tally.units == [1, 1] && laboratory.tally.metrics.count == 64)
    #expect(try #require(laboratory.tally.summary(of: "rating", .treatment)).mean == 4)
    #expect(try #require(laboratory.tally.summary(of: "m1", .treatment)).mean == 3)
    let before = laboratory.tally
    laboratory.see("user:c", .treatment, [.init("x", 1)])
    #expect(laboratory.acceptances.last == .metricsFull(["x"]))
    #expect(laboratory.tally == before && laboratory.units["user:c"] == nil)
    laboratory.see("user:c", .treatment)
    #expect(laboratory.acceptances.last == .accepted && laboratory.tally.units == [1, 2])
  }

  @Test("an experiment's bytes give it back, and damaged ones trap nothing")
  func bytes() throws {
    var laboratory = Laboratory()
    laboratory.see("user:w", nil, at: 1, [.init("rating", 1)])
    var states = [laboratory.tally]
    laboratory.design(.test(guardrails: ["error"]))
    states.append(laboratory.tally)
    laboratory.change(.running, at: 0)
    laboratory.see("user:a", .control, event: 4, [.init("rating", 0.1), .init("renewal", 1)])
    laboratory.see("user:b", .treatment, [.init("rating", 0.7), .init("error", 0)])
    states.append(laboratory.tally)
    laboratory.change(.stopped, at: 2, notes: "why")
    laboratory.analyze(upTo: 3)
    states.append(laboratory.tally)
    #expect(laboratory.tally.decision != nil)
    var random = SeededRandom(seed: 1)
    for state in states {
      var bytes: [UInt8] = []
      state.store(into: &bytes)
      #expect(unsafe ExperimentTally(stored: bytes.span.bytes) == state)
      for _ in 0..<500 {
        var damaged = bytes
        damaged[random.int(in: 0..<bytes.count)] ^= UInt8(1 << random.int(in: 0..<8))
        _ = unsafe ExperimentTally(stored: damaged.span.bytes)
      }
    }
    for unit in laboratory.units.values {
      var bytes: [UInt8] = []
      unit.store(into: &bytes)
      #expect(unsafe ExperimentUnit(stored: bytes.span.bytes) == unit)
    }
  }
}
