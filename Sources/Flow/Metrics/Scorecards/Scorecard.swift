// How an agent stands (R1.8, R1.9): the measures that metrics.yaml puts on scorecards, over the last hour,
// day and week and over all time, for all of the agent or for one version of its prompt.
public import Basics

/// A stretch of time that a scorecard looks back on, cut into steps.
public enum ScorecardWindow: Int, CaseIterable, Sendable {
  case hour, day, week, total

  /// How long it is, and the step by which it moves; a total has neither.
  var length_ms: Int64 { [3_600_000, 86_400_000, 7 * 86_400_000, 0][rawValue] }
  var step_ms: Int64 { [300_000, 3_600_000, 6 * 3_600_000, 0][rawValue] }

  /// As the projection's field.
  public var name: String { ["last_hour", "last_day", "last_week", "total"][rawValue] }
}

/// Sums by measure and window.
public struct Scorecard: Hashable, Sendable {
  public struct Key: Hashable, Comparable, Sendable {
    public var organization: String
    public var agent: String
    /// Empty: all versions.
    public var promptVersion: String

    public init(organization: String, agent: String, promptVersion: String = "") {
      self.organization = organization
      self.agent = agent
      self.promptVersion = promptVersion
    }

    public static func < (a: Self, b: Self) -> Bool { a.parts.lexicographicallyPrecedes(b.parts) { $0 < $1 } }
    private var parts: [String] { [organization, agent, promptVersion] }
  }

  /// What a measure has come to: of a mean, sum and weight; of a count, the count twice.
  public struct Tally: Hashable, Sendable {
    public var sum = 0.0
    public var weight = 0.0
  }

  struct Step: Hashable, Sendable {
    var start: Int64
    var tally: Tally
  }

  struct Measure: Hashable, Sendable {
    var name: String
    /// The type, category or status that it counts; empty when it counts all.
    var part: String
    var isMean: Bool
    /// For each window but the total, in order.
    var steps: [[Step]]
    var total: Tally
  }

  /// In the order of name and part.
  private(set) var measures: [Measure] = []

  /// A producer that invents types fills no memory: what exceeds it is counted under `other`.
  public static let measuresMax = 128

  public init() {}

  /// Adds what happened in a pane that began at `start`.
  public mutating func add(
    _ name: String, part: String, isMean: Bool, sum: Double, weight: Double, at start: Int64
  ) {
    let index = place(of: name, part, isMean)
    measures[index].total.add(sum, weight)
    for window in ScorecardWindow.allCases where window != .total {
      let step = MetricDeclarations.paneStart(of: start, length_ms: window.step_ms)
      measures[index].steps[window.rawValue].add(sum, weight, at: step)
    }
  }

  /// Lets go of what no window holds at `time` any more; true when anything went.
  public mutating func expire(at time: Int64) -> Bool {
    var hasChanged = false
    for index in measures.indices {
      for window in ScorecardWindow.allCases where window != .total {
        let before = measures[index].steps[window.rawValue].count
        measures[index].steps[window.rawValue].removeAll { $0.start + window.length_ms <= time }
        if measures[index].steps[window.rawValue].count != before { hasChanged = true }
      }
    }
    return hasChanged
  }

  /// Nothing within any window: only totals, which time does not change.
  public var isAtRest: Bool { measures.allSatisfy { $0.steps.allSatisfy(\.isEmpty) } }

  /// What each measure has come to in a window, in order; measures without anything are left out.
  public func tallies(
    _ window: ScorecardWindow
  ) -> [(measure: String, part: String, isMean: Bool, tally: Tally)] {
    measures.compactMap { measure in
      var tally = Tally()
      if window == .total {
        tally = measure.total
      } else {
        for step in measure.steps[window.rawValue] { tally.add(step.tally.sum, step.tally.weight) }
      }
      guard tally.weight != 0 || tally.sum != 0 else { return nil }
      return (measure.name, measure.part, measure.isMean, tally)
    }
  }

  private mutating func place(of name: String, _ part: String, _ isMean: Bool) -> Int {
    func isBefore(_ measure: Measure) -> Bool {
      if measure.name != name { return measure.name.utf8.lexicographicallyPrecedes(name.utf8) }
      return measure.part.utf8.lexicographicallyPrecedes(part.utf8)
    }
    let index = measures.firstIndex { !isBefore($0) } ?? measures.count
    if index < measures.count, measures[index].name == name, measures[index].part == part { return index }
    if measures.count >= Self.measuresMax, part != "other" { return place(of: name, "other", isMean) }
    measures.insert(
      Measure(name: name, part: part, isMean: isMean, steps: [[], [], []], total: Tally()), at: index)
    return index
  }
}

extension Scorecard.Tally {
  mutating func add(_ sum: Double, _ weight: Double) {
    self.sum += sum
    self.weight += weight
  }
}

extension [Scorecard.Step] {
  fileprivate mutating func add(_ sum: Double, _ weight: Double, at start: Int64) {
    var index = count
    while index > 0, self[index - 1].start > start { index -= 1 }
    if index == 0 || self[index - 1].start != start {
      insert(Scorecard.Step(start: start, tally: Scorecard.Tally()), at: index)
      index += 1
    }
    self[index - 1].tally.add(sum, weight)
  }
}

extension Scorecard.Key: StorableKey {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(countedText: organization)
    bytes.append(countedText: agent)
    bytes.append(countedText: promptVersion)
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let organization = reader.text(), let agent = reader.text(), let version = reader.text(),
      reader.isAtEnd
    else { return nil }
    self.init(organization: organization, agent: agent, promptVersion: version)
  }
}

extension Scorecard: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(variableLength: UInt64(measures.count))
    for measure in measures {
      bytes.append(countedText: measure.name)
      bytes.append(countedText: measure.part)
      bytes.append(measure.isMean ? 1 : 0)
      bytes.append(measure.total)
      for steps in measure.steps {
        bytes.append(variableLength: UInt64(steps.count))
        for step in steps {
          bytes.append(littleEndian: step.start)
          bytes.append(step.tally)
        }
      }
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let count = reader.variableLength() else { return nil }
    for _ in 0..<count {
      guard let name = reader.text(), let part = reader.text(), let isMean = reader.integer(UInt8.self),
        let total = reader.tally()
      else { return nil }
      var measure = Measure(name: name, part: part, isMean: isMean == 1, steps: [], total: total)
      for _ in 0..<3 {
        guard let count = reader.variableLength() else { return nil }
        var steps: [Step] = []
        for _ in 0..<count {
          guard let start = reader.integer(Int64.self), let tally = reader.tally() else { return nil }
          steps.append(Step(start: start, tally: tally))
        }
        measure.steps.append(steps)
      }
      measures.append(measure)
    }
    guard reader.isAtEnd else { return nil }
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ tally: Scorecard.Tally) {
    append(double: tally.sum)
    append(double: tally.weight)
  }
}

extension ByteReader {
  @_lifetime(self: copy self)
  fileprivate mutating func tally() -> Scorecard.Tally? {
    guard let sum = finite(), let weight = finite() else { return nil }
    return Scorecard.Tally(sum: sum, weight: weight)
  }
}
