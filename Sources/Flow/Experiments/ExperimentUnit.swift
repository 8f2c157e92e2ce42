// One unit of an experiment, a user mostly: its arm and what its values come to. Assignment is by user, so
// users are what statistics count; their many values are one mean each, or none would be independent.
public import Basics
public import Events

/// What is known of a unit.
public struct ExperimentUnit: Hashable, Sendable {
  public enum Side: UInt8, Sendable {
    case unknown, control, treatment
    /// Seen in both arms: it counts in neither.
    case crossed

    init(_ arm: Arm) { self = arm == .control ? .control : .treatment }

    /// What it is once the unit has been seen in an arm.
    func meeting(_ arm: Arm) -> Side { self == .unknown || self == Side(arm) ? Side(arm) : .crossed }

    public var arm: Arm? {
      switch self {
      case .control: .control
      case .treatment: .treatment
      case .unknown, .crossed: nil
      }
    }
  }

  /// A unit's values of one metric. Counts below zero occur while a retraction is there before its value.
  struct Values: Hashable, Sendable {
    var count: Int64 = 0
    /// Values above 0.
    var hits: Int64 = 0
    var sum = ExactSum()
  }

  /// How many events of a unit are remembered, to know those that come twice.
  static let eventsMax = 32

  public private(set) var side = Side.unknown
  /// By the metric's number in its experiment's tally.
  private(set) var values: [Values] = []
  private var events: [UInt64] = []

  public init() {}

  /// What the unit contributes to a metric: its mean, or for a rate 1 when it has a value above 0.
  func contribution(_ metric: Int, _ kind: MetricKind) -> Double? {
    guard metric < values.count else { return nil }
    let found = values[metric]
    switch kind {
    case .mean: return found.count > 0 ? found.sum.value / Double(found.count) : nil
    case .rate: return found.hits > 0 ? 1 : nil
    }
  }

  /// The unit was seen in an arm.
  mutating func meet(_ arm: Arm) { side = side.meeting(arm) }

  mutating func add(_ metric: Int, _ value: Double, isTakenBack: Bool) {
    while values.count <= metric { values.append(Values()) }
    let sign: Int64 = isTakenBack ? -1 : 1
    values[metric].count += sign
    if value > 0 { values[metric].hits += sign }
    values[metric].sum.add(isTakenBack ? -value : value)
  }

  /// Whether an event is new; it is not any longer.
  mutating func isNew(_ event: UInt64) -> Bool {
    guard event != 0 else { return true }
    guard !events.contains(event) else { return false }
    if events.count == Self.eventsMax { events.removeFirst() }
    events.append(event)
    return true
  }
}

extension ExperimentUnit: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(side.rawValue)
    bytes.append(variableLength: UInt64(values.count))
    for value in values {
      bytes.append(littleEndian: value.count)
      bytes.append(littleEndian: value.hits)
      value.sum.store(into: &bytes)
    }
    for event in events { bytes.append(littleEndian: event) }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let side = reader.integer(UInt8.self).flatMap(Side.init), let count = reader.variableLength() else {
      return nil
    }
    self.side = side
    for _ in 0..<count {
      guard let count = reader.integer(Int64.self), let hits = reader.integer(Int64.self),
        let sum = reader.exactSum()
      else { return nil }
      values.append(Values(count: count, hits: hits, sum: sum))
    }
    while !reader.isAtEnd {
      guard let event = reader.integer(UInt64.self), events.count < Self.eventsMax else { return nil }
      events.append(event)
    }
  }
}
