// What is known of a deployment's arms: recent panes, in stretches that a store can keep one by one, and the
// sums over the stage.
public import Basics
public import Metrics

/// Panes of both arms over five minutes: the unit that a store keeps and a changelog repeats.
public struct PaneStretch: Hashable, Sendable {
  public static let length: Duration = .seconds(300)
  private static let panes = Int(length.milliseconds / DeploymentPane.length.milliseconds)

  /// Counts stretches since 1970.
  public let number: Int64
  /// In order of start; the candidate's before the baseline's.
  private(set) var entries: [Entry] = []

  struct Entry: Hashable, Sendable {
    var start: EventTime
    var arm: DeploymentArm
    var tally: ArmTally
  }

  public init(number: Int64) { self.number = number }

  /// The stretch that `time` falls into.
  public static func number(of time: EventTime) -> Int64 {
    let length = length.milliseconds
    return time.rawValue >= 0 ? time.rawValue / length : (time.rawValue &+ 1) / length &- 1
  }

  public mutating func add(_ tally: ArmTally, of arm: DeploymentArm, start: EventTime) {
    let place = entries.firstIndex { ($0.start, $0.arm.rawValue) >= (start, arm.rawValue) } ?? entries.count
    if place < entries.count, entries[place].start == start, entries[place].arm == arm {
      entries[place].tally.merge(tally)
    } else {
      entries.insert(Entry(start: start, arm: arm, tally: tally), at: place)
    }
  }
}

/// The recent past of one deployment.
public struct DeploymentHistory: Hashable, Sendable {
  /// In order.
  public private(set) var stretches: [PaneStretch]
  public var totals: StageTotals

  public init(stretches: [PaneStretch] = [], totals: StageTotals = StageTotals()) {
    self.stretches = stretches
    self.totals = totals
  }

  public mutating func add(_ pane: DeploymentPane) {
    let number = PaneStretch.number(of: pane.start)
    let place = stretches.firstIndex { $0.number >= number } ?? stretches.count
    if place == stretches.count || stretches[place].number != number {
      stretches.insert(PaneStretch(number: number), at: place)
    }
    stretches[place].add(pane.tally, of: pane.reference.arm, start: pane.start)
    totals.add(pane)
  }

  /// Forgets stretches that end before `time`.
  public mutating func forget(before time: EventTime) {
    let number = PaneStretch.number(of: time)
    if let first = stretches.first, first.number < number { stretches.removeAll { $0.number < number } }
  }

  /// The sum over the panes that end behind `time` and begin by `now`: a producer whose clock is ahead counts
  /// when its time has come.
  func tally(_ arm: DeploymentArm, since time: EventTime, now: EventTime) -> ArmTally {
    var sum = ArmTally()
    forEachPane(arm, since: time, now: now) { sum.merge($0) }
    return sum
  }

  /// By how much the last measured pane's memory exceeds the least before it, and how many panes say so.
  func memoryGrowth(since time: EventTime, now: EventTime) -> MemoryGrowth? {
    var (least, last, panes, seen) = (Double.infinity, 0.0, UInt64(0), ArmTally())
    forEachPane(.candidate, since: time, now: now) { tally in
      guard let mean = tally.memory_bytes.mean else { return }
      least = min(least, mean)
      last = mean
      panes += 1
      for range in tally.evidence { seen.note(range) }
    }
    return panes > 0 ? MemoryGrowth(bytes: last - least, panes: panes, evidence: seen.evidence) : nil
  }

  private func forEachPane(
    _ arm: DeploymentArm, since time: EventTime, now: EventTime, _ body: (ArmTally) -> Void
  ) {
    let number = PaneStretch.number(of: time)
    let length = DeploymentPane.length.milliseconds
    for stretch in stretches where stretch.number >= number {
      for entry in stretch.entries where entry.arm == arm && entry.start <= now {
        if entry.start.rawValue &+ length > time.rawValue { body(entry.tally) }
      }
    }
  }
}

/// What an arm's memory did over a window.
struct MemoryGrowth: Hashable {
  var bytes: Double
  var panes: UInt64
  var evidence: [OffsetRange]
}

/// Sums over the stage that is under way, and what the last stage with a baseline knew of it.
public struct StageTotals: Hashable, Sendable {
  /// Panes that begin earlier belong to what was before.
  public private(set) var since: EventTime
  public private(set) var candidate = ArmTally()
  public private(set) var baseline = ArmTally()
  /// The baseline of the stage before: a stage with all of the traffic has none of its own.
  public private(set) var baselineBefore = ArmTally()

  public init(since: EventTime = EventTime(milliseconds: .max)) { self.since = since }

  /// A new stage begins. The pane that it begins in counts as the old stage's.
  public mutating func beginStage(at time: EventTime) {
    if baseline.errors.total > 0 { baselineBefore = baseline }
    since = time
    candidate = ArmTally()
    baseline = ArmTally()
  }

  mutating func add(_ pane: DeploymentPane) {
    guard pane.start >= since else { return }
    switch pane.reference.arm {
    case .candidate: candidate.merge(pane.tally)
    case .baseline: baseline.merge(pane.tally)
    }
  }

  public mutating func add(_ tally: ArmTally, of arm: DeploymentArm, start: EventTime) {
    add(
      DeploymentPane(
        DeploymentReference(organization: "", agent: "", deployment: "", arm: arm), start: start,
        tally: tally))
  }
}

extension PaneStretch: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(littleEndian: number)
    bytes.append(variableLength: UInt64(entries.count))
    for entry in entries {
      bytes.append(littleEndian: entry.start.rawValue)
      bytes.append(entry.arm.rawValue)
      entry.tally.store(into: &bytes)
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let number = reader.integer(Int64.self), let count = reader.variableLength() else { return nil }
    self.init(number: number)
    for _ in 0..<count {
      guard let start = reader.integer(Int64.self),
        let arm = reader.integer(UInt8.self).flatMap(DeploymentArm.init(rawValue:)),
        let tally = ArmTally(from: &reader)
      else { return nil }
      add(tally, of: arm, start: EventTime(milliseconds: start))
    }
    guard reader.isAtEnd else { return nil }
  }
}

extension StageTotals: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(littleEndian: since.rawValue)
    for tally in [candidate, baseline, baselineBefore] { tally.store(into: &bytes) }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let since = reader.integer(Int64.self), let candidate = ArmTally(from: &reader),
      let baseline = ArmTally(from: &reader), let before = ArmTally(from: &reader), reader.isAtEnd
    else { return nil }
    self.init(since: EventTime(milliseconds: since))
    self.candidate = candidate
    self.baseline = baseline
    baselineBefore = before
  }
}
