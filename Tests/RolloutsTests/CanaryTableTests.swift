// How often the shipped policy is wrong: seeded canaries, good and bad, at several levels of traffic, from
// their first stage to their end, by Flow/Rollouts alone. docs/rollouts.md has the table of a thousand a
// level: RATCHET_LOOKS=180 RATCHET_CANARIES=1000 swift test -c release --filter CanaryTableTests prints it.
import Basics
import Events
import Foundation
import Metrics
import Rollouts
import Testing
import Topology

/// What a canary is like beside its baseline.
private struct Canary {
  var name: String
  var isBad: Bool
  var errors = 0.02
  var latencyFactor = 1.0
  var satisfaction = 4.2

  static let all = [
    Canary(name: "no different", isBad: false),
    Canary(name: "better: 1 % errors, rated 4.3", isBad: false, errors: 0.01, satisfaction: 4.3),
    Canary(name: "7 % errors", isBad: true, errors: 0.07),
    Canary(name: "15 % errors", isBad: true, errors: 0.15),
    Canary(name: "latency x 1.7", isBad: true, latencyFactor: 1.7),
    Canary(name: "latency x 3", isBad: true, latencyFactor: 3),
    Canary(name: "rated 3.5 (-17 %)", isBad: true, satisfaction: 3.5),
    Canary(name: "rated 2.9 (-31 %)", isBad: true, satisfaction: 2.9),
  ]
}

private enum Fate { case rolledBack, held, completed }

/// One life of a canary, a minute a step.
private struct CanaryLife {
  private static let step: Duration = .seconds(60)
  /// 1,024 latencies of a log-normal distribution around 200 ms, sigma 0.5.
  private static let latencies: [Double] = {
    var random = SeededRandom(seed: 99)
    return (0..<1024).map { _ in
      let normal =
        (-2 * Mathematics.log(1 - random.fraction())).squareRoot()
        * Mathematics.cos(2 * .pi * random.fraction())
      return 200 * Mathematics.exp(0.5 * normal)
    }
  }()

  var world: PureWorld
  var random: SeededRandom
  let canary: Canary
  let perSecond: Double

  mutating func live() -> (fate: Fate, after: Duration) {
    let start = ScenarioRun<PureWorld>.start
    world.submit(
      "d",
      .created(
        agent: "a", DeploymentPlan(kind: .prompt, candidate: "c", baseline: "b", policy: "default")),
      at: start)
    for kind in ValidationKind.allCases {
      world.submit("d", .validated(kind, passed: true, revision: nil), at: start)
    }
    var now = Duration.zero
    var heldSince: Duration?
    while now < .seconds(140 * 3600) {
      now += Self.step
      let time = start + now
      for decision in world.advance(to: time) {
        switch decision.action {
        case "advance", "resume":
          heldSince = nil
          world.submit("d", .reported(ExecutorReport(decisionID: decision.id, status: .applied)), at: time)
        case "hold": heldSince = heldSince ?? now
        case "complete": return (.completed, now)
        default: return (.rolledBack, now)
        }
      }
      // A day at a gate is long enough for a person to have come.
      if let heldSince, now - heldSince > .seconds(86_400) { return (.held, now) }
      if let share = world.ending(of: "d")?.percent { traffic(share, time) }
    }
    return (.held, now)
  }

  private mutating func traffic(_ share: Int, _ time: Timestamp) {
    for arm in DeploymentArm.allCases {
      let part = Double(arm == .candidate ? share : 100 - share) / 100
      let expected = perSecond * 60 * part
      let count = Int(expected) + (random.fraction() < expected - expected.rounded(.down) ? 1 : 0)
      guard count > 0 else { continue }
      let isCandidate = arm == .candidate
      let (errors, stars) = (isCandidate ? canary.errors : 0.02, isCandidate ? canary.satisfaction : 4.2)
      let factor = isCandidate ? canary.latencyFactor : 1
      var tally = ArmTally()
      for _ in 0..<count {
        tally.errors.add(random.fraction() < errors)
        let latency = Self.latencies[random.int(in: 0..<1024)] * factor
        tally.latency_ms.add(latency)
        guard random.chance(1, in: 5) else { continue }
        tally.satisfaction.add(
          (0..<4).reduce(1.0) { sum, _ in sum + (random.fraction() < (stars - 1) / 4 ? 1 : 0) })
      }
      world.add(
        DeploymentPane(
          DeploymentReference(organization: "acme", agent: "a", deployment: "d", arm: arm),
          start: DeploymentPane.start(of: EventTime(milliseconds: time.rawValue)), tally: tally), at: time)
    }
  }
}

@Suite struct CanaryTableTests {
  @Test("the shipped policy rolls few good canaries back and lets no bad one through")
  func table() throws {
    let environment = ProcessInfo.processInfo.environment
    let asked = environment["RATCHET_CANARIES"].flatMap(Int.init)
    let bytes = [UInt8](
      try Data(contentsOf: Scenario.root.appendingPathComponent("topology/policies/default.yaml")))
    var policy = try parsePolicy(bytes, file: "default.yaml")
    policy.interval = .seconds(Int(environment["RATCHET_LOOKS"] ?? "60") ?? 60)
    let levels = asked == nil ? [0.2] : [0.02, 0.2, 2]
    for perSecond in levels {
      var (falseRollbacks, missed, good, bad) = (0, 0, 0, 0)
      var rows: [String] = []
      for (index, canary) in Canary.all.enumerated() {
        let lives = asked.map { max(1, $0 / Canary.all.count) } ?? (canary.isBad ? 2 : 1)
        var fates: [Fate: Int] = [:]
        var times: [Duration] = []
        for life in 0..<lives {
          var one = CanaryLife(
            world: PureWorld(["default": policy]),
            random: SeededRandom(seed: UInt64(index * 100_000 + life)), canary: canary, perSecond: perSecond)
          let (fate, after) = one.live()
          fates[fate, default: 0] += 1
          if fate == .rolledBack { times.append(after) }
        }
        if canary.isBad {
          bad += lives
          missed += fates[.completed] ?? 0
        } else {
          good += lives
          falseRollbacks += fates[.rolledBack] ?? 0
        }
        times.sort()
        let median = times.isEmpty ? "-" : "\(times[times.count / 2].milliseconds / 60_000) min"
        let counts = [Fate.rolledBack, .held, .completed].map { "\(fates[$0] ?? 0)" }.joined(separator: " | ")
        rows.append("| \(perSecond)/s | \(canary.name) | \(lives) | \(counts) | \(median) |")
      }
      if asked != nil {
        print(rows.joined(separator: "\n"))
        print(
          "\(perSecond)/s: \(falseRollbacks) of \(good) good rolled back, \(missed) of \(bad) bad completed")
      }
      #expect(falseRollbacks * 100 <= good, "at \(perSecond)/s")
      #expect(missed == 0, "at \(perSecond)/s")
    }
  }
}
