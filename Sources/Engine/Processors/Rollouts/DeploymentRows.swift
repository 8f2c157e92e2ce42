// What the processor `rollouts` keeps of each deployment: the deployment itself, the sums over its stage, and
// its recent panes in stretches of five minutes, one row each, so that an epoch changes few bytes; and panes
// that recorded time has not come to.
internal import Basics
internal import Events
internal import Metrics
internal import Rollouts
internal import Runtime

/// The rows of all deployments.
struct DeploymentRows {
  let deployments = KeyValueStore<String, Deployment>("deployments")
  let stretches = KeyValueStore<String, PaneStretch>("stretches")
  let arms = KeyValueStore<String, ArmsRow>("arms")
  private let held = KeyValueStore<String, HeldPanes>("held")

  /// In the order of their changelogs.
  var stores: [any TaskStore] { [deployments, stretches, arms, held] }

  /// How long a stretch is kept: the longest window that a policy may have, and one stretch more.
  private static let stretchesKept: Int64 = 6 * 3600 / 300 + 1

  private func stretchKey(_ key: String, _ number: Int64) -> String { "\(key)\u{0}\(number)" }

  /// Everything known of a deployment's arms.
  func history(of key: String) -> DeploymentHistory {
    guard let row = arms[key] else { return DeploymentHistory() }
    return DeploymentHistory(
      stretches: row.recent.compactMap { stretches[stretchKey(key, $0)] }, totals: row.totals)
  }

  func changeArms(of key: String, _ change: (inout ArmsRow) -> Void) {
    arms.update(key) { row in
      var changed = row ?? ArmsRow()
      change(&changed)
      row = changed
    }
  }

  /// Adds a pane that has begun by `now`.
  func add(_ pane: DeploymentPane, to key: String, at position: EventPosition, now: Timestamp) {
    let number = PaneStretch.number(of: pane.start)
    let oldest = PaneStretch.number(of: EventTime(milliseconds: now.rawValue)) - Self.stretchesKept
    changeArms(of: key) { row in
      row.lastMeasurement = position
      row.totals.add(pane.tally, of: pane.reference.arm, start: pane.start)
      for number in row.recent where number <= oldest { stretches[stretchKey(key, number)] = nil }
      row.recent.removeAll { $0 <= oldest }
      guard number > oldest else { return }
      if !row.recent.contains(number) {
        row.recent.append(number)
        row.recent.sort()
      }
      stretches.update(stretchKey(key, number)) { stretch in
        var sum = stretch ?? PaneStretch(number: number)
        sum.add(pane.tally, of: pane.reference.arm, start: pane.start)
        stretch = sum
      }
    }
  }

  /// Keeps a pane until `due`.
  func hold(_ pane: DeploymentPane, _ offset: Offset, until due: Timestamp) {
    held.update("\(due.rawValue)") { row in
      var panes = row.take() ?? HeldPanes()
      panes.all.append((offset, pane))
      row = consume panes
    }
  }

  /// What was held until `due`, in the order of its records.
  func takeHeld(_ due: Timestamp) -> [(offset: Offset, pane: DeploymentPane)] {
    let key = "\(due.rawValue)"
    defer { held[key] = nil }
    return held[key]?.all ?? []
  }
}

/// Panes of all deployments that are due at one time.
struct HeldPanes: Storable {
  var all: [(offset: Offset, pane: DeploymentPane)] = []

  init() {}

  func store(into bytes: inout [UInt8]) {
    bytes.append(variableLength: UInt64(all.count))
    for held in all {
      bytes.append(littleEndian: held.offset.rawValue)
      var pane: [UInt8] = []
      held.pane.store(into: &pane)
      bytes.append(countedField: unsafe pane.span.bytes)
    }
  }

  init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let count = reader.variableLength() else { return nil }
    for _ in 0..<count {
      guard let offset = reader.integer(Int64.self),
        let field = reader.field(),
        let pane = DeploymentPane(stored: field)
      else { return nil }
      all.append((Offset(offset), pane))
    }
    guard reader.isAtEnd else { return nil }
  }
}

/// The sums over a deployment's stage, which stretches of it there are, and what spoke of it last.
struct ArmsRow: Storable {
  var totals = StageTotals()
  var recent: [Int64] = []
  var lastEvent: EventPosition?
  var lastMeasurement: EventPosition?

  init() {}

  func store(into bytes: inout [UInt8]) {
    var fields: [UInt8] = []
    totals.store(into: &fields)
    bytes.append(countedField: unsafe fields.span.bytes)
    bytes.append(variableLength: UInt64(recent.count))
    for number in recent { bytes.append(littleEndian: number) }
    for position in [lastEvent, lastMeasurement] {
      bytes.append(position == nil ? 0 : 1)
      position?.store(into: &bytes)
    }
  }

  init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let field = reader.field(), let totals = StageTotals(stored: field),
      let count = reader.variableLength()
    else { return nil }
    self.totals = totals
    for _ in 0..<count {
      guard let number = reader.integer(Int64.self) else { return nil }
      recent.append(number)
    }
    for position in [\ArmsRow.lastEvent, \.lastMeasurement] {
      guard let isThere = reader.integer(UInt8.self) else { return nil }
      if isThere == 0 { continue }
      guard let value = reader.eventPosition() else { return nil }
      self[keyPath: position] = value
    }
    guard reader.isAtEnd else { return nil }
  }
}
