// What something that happened means for an experiment: the record between whoever reads executions and
// feedback and the task that owns the experiment.
public import Basics
public import Events

/// A unit was seen in an experiment, and perhaps measured.
public struct ExperimentOutcome: Hashable, Sendable {
  /// A value of a metric, given or taken back.
  public struct Measure: Hashable, Sendable {
    public var metric: String
    public var value: Double
    /// Feedback was retracted or corrected: a value that was given before counts no longer.
    public var isTakenBack: Bool

    public init(_ metric: String, _ value: Double, isTakenBack: Bool = false) {
      self.metric = metric
      self.value = value
      self.isTakenBack = isTakenBack
    }
  }

  public var organization: String
  public var experiment: String
  /// nil where the producer does not know it: values wait until the unit's arm is known.
  public var arm: Arm?
  /// Who is assigned: `user:` and a user's id, or for executions of nobody `execution:` and its id.
  public var unit: String
  /// The execution that it is about, and its session, where they are known: an erasure may name these alone.
  public var execution: String?
  public var session: String?
  /// When the execution or observation was that it is about: whether it counts is judged by that.
  public var time: EventTime
  /// Of the event that it was made of, which may be feedback on what was long before: it counts from then on.
  public var happened: EventTime
  /// Tells events apart that may come twice; 0 where whoever made this has seen to that.
  public var eventHash: UInt64 = 0
  /// None when the unit was only seen.
  public var measures: [Measure] = []
  /// Of the event that it was made of.
  public var position: EventPosition

  public init(
    organization: String, experiment: String, arm: Arm?, unit: String, time: EventTime,
    happened: EventTime? = nil, measures: [Measure] = [], position: EventPosition
  ) {
    self.organization = organization
    self.experiment = experiment
    self.arm = arm
    self.unit = unit
    self.time = time
    self.happened = happened ?? time
    self.measures = measures
    self.position = position
  }

  /// The unit of what happened to `user`, or of an execution without one.
  public static func unit(user: String?, execution: String) -> String {
    user.map { "user:\($0)" } ?? "execution:\(execution)"
  }

  /// Whether it is about somebody or something that is to be forgotten.
  public func isCovered(by erasure: Erasure) -> Bool {
    organization == erasure.organization
      && (erasure.covers(user: user, session: session, execution: execution)
        || (erasure.execution != nil && unit == Self.unit(user: nil, execution: erasure.execution ?? "")))
  }

  /// Whose it is.
  public var user: String? { unit.hasPrefix("user:") ? String(unit.dropFirst("user:".count)) : nil }

  /// A value of a metric must be a number, and its square too.
  static func isValue(_ value: Double) -> Bool { value.magnitude <= Field.numberMax }
}

extension ExperimentOutcome: StorableKey {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(countedText: organization)
    bytes.append(countedText: experiment)
    bytes.append(UInt8(arm.map { $0.rawValue + 1 } ?? 0))
    bytes.append(countedText: unit)
    bytes.append(littleEndian: time.rawValue)
    bytes.append(littleEndian: eventHash)
    bytes.append(variableLength: UInt64(measures.count))
    for measure in measures {
      bytes.append(countedText: measure.metric)
      bytes.append(littleEndian: measure.value.bitPattern)
      bytes.append(measure.isTakenBack ? 1 : 0)
    }
    position.store(into: &bytes)
    bytes.append(littleEndian: happened.rawValue)
    for text in [execution, session] { bytes.append(countedText: text ?? "") }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let organization = reader.text(), let experiment = reader.text(),
      let arm = reader.integer(UInt8.self),
      arm <= Arm.allCases.count, let unit = reader.text(), let time = reader.integer(Int64.self),
      let eventHash = reader.integer(UInt64.self), let count = reader.variableLength()
    else { return nil }
    var measures: [Measure] = []
    for _ in 0..<count {
      guard let metric = reader.text(), let bits = reader.integer(UInt64.self),
        let takenBack = reader.integer(UInt8.self), takenBack <= 1, Self.isValue(Double(bitPattern: bits))
      else { return nil }
      measures.append(Measure(metric, Double(bitPattern: bits), isTakenBack: takenBack == 1))
    }
    guard let position = reader.eventPosition() else { return nil }
    self.init(
      organization: organization, experiment: experiment, arm: arm == 0 ? nil : Arm(rawValue: Int(arm) - 1),
      unit: unit, time: EventTime(milliseconds: time), measures: measures, position: position)
    self.eventHash = eventHash
    // Records that say no more were made of what they are about.
    guard !reader.isAtEnd else { return }
    guard let happened = reader.integer(Int64.self), let execution = reader.text(),
      let session = reader.text(),
      reader.isAtEnd
    else { return nil }
    self.happened = EventTime(milliseconds: happened)
    self.execution = execution.isEmpty ? nil : execution
    self.session = session.isEmpty ? nil : session
  }
}
