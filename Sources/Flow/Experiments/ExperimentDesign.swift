// What an experiment compares and how long it must run (R7.1), as its experiment.created says, with what
// holds where that says nothing.
public import Basics
public import Events

/// An experiment's design.
public struct ExperimentDesign: Hashable, Sendable {
  public static let usualDuration_hours = 168.0
  public static let usualSamples: Int64 = 1000
  /// Whether the task was completed is what most executions say.
  public static let usualMetric = "task_completed"

  /// How a metric is read where it is not as shipped.
  public struct Reading: Hashable, Sendable {
    public var name: String
    public var kind: MetricKind
    public var better: MetricDirection
  }

  public var agent = ""
  public var name = ""
  public var description: String?
  public var hypothesis: String?
  /// JSON text of objects.
  public var controlConfig: [UInt8] = []
  public var treatmentConfig: [UInt8] = []
  public var treatmentShare = 0.5
  public var minimumDuration_hours = usualDuration_hours
  public var minimumSamples = usualSamples
  public var minSampleScope = SampleScope.perArm
  public var primaryMetric = usualMetric
  public var guardrailMetrics: [String] = []
  public var proposalID: String?
  public var createdBy: String?
  public var readings: [Reading] = []
  public var createdAt = EventTime(milliseconds: 0)

  public init() {}

  public init(_ fields: Fields<ExperimentCreated>, agent: String, at time: EventTime) {
    self.agent = agent
    createdAt = time
    name = fields.text(.name)?.string ?? ""
    description = fields.text(.description)?.string
    hypothesis = fields.text(.hypothesis)?.string
    if let object = fields.object(.controlConfig) { object.append(to: &controlConfig) }
    if let object = fields.object(.treatmentConfig) { object.append(to: &treatmentConfig) }
    treatmentShare = fields.number(.treatmentShare) ?? 0.5
    minimumDuration_hours = fields.number(.minimumDuration_hours) ?? Self.usualDuration_hours
    minimumSamples = fields.whole(.minimumSamples) ?? Self.usualSamples
    minSampleScope = fields.choice(.minSampleScope) ?? .perArm
    primaryMetric = fields.text(.primaryMetric)?.string ?? Self.usualMetric
    for index in 0..<fields.count(.guardrailMetrics) {
      let metric = fields.text(.guardrailMetrics, at: index).string
      if metric != primaryMetric, !guardrailMetrics.contains(metric) { guardrailMetrics.append(metric) }
    }
    proposalID = fields.text(.proposalID)?.string
    createdBy = fields.text(.createdBy)?.string
    for index in 0..<fields.count(.metrics) {
      let metric = fields.record(.metrics, at: index, ExperimentMetric.self)
      readings.append(
        Reading(
          name: metric.text(.name)?.string ?? "", kind: metric.choice(.kind) ?? .mean,
          better: metric.choice(.better) ?? .higher))
    }
  }

  public var minimumDuration: Duration { .milliseconds(Int64(min(minimumDuration_hours * 3.6e6, 1e15))) }

  public func kind(of metric: String) -> MetricKind {
    readings.first { $0.name == metric }?.kind ?? (metric == "correction" ? .rate : .mean)
  }

  public func better(of metric: String) -> MetricDirection {
    readings.first { $0.name == metric }?.better ?? (Self.lowerIsBetter.contains(metric) ? .lower : .higher)
  }

  /// Of the metrics that executions and feedback bring; any other is taken to be better when higher.
  static let lowerIsBetter: Set<String> = [
    "error", "duration_ms", "cost_usd", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens",
    "correction",
  ]

  public func role(of metric: String) -> MetricRole {
    metric == primaryMetric ? .primary : guardrailMetrics.contains(metric) ? .guardrail : .other
  }
}

extension ExperimentDesign: Storable {
  public func store(into bytes: inout [UInt8]) {
    for text in [agent, name, description ?? "", hypothesis ?? "", proposalID ?? "", createdBy ?? ""] {
      bytes.append(countedText: text)
    }
    bytes.append(countedField: unsafe controlConfig.span.bytes)
    bytes.append(countedField: unsafe treatmentConfig.span.bytes)
    bytes.append(littleEndian: treatmentShare.bitPattern)
    bytes.append(littleEndian: minimumDuration_hours.bitPattern)
    bytes.append(littleEndian: minimumSamples)
    bytes.append(UInt8(minSampleScope.rawValue))
    bytes.append(littleEndian: createdAt.rawValue)
    bytes.append(countedText: primaryMetric)
    bytes.append(variableLength: UInt64(guardrailMetrics.count))
    for metric in guardrailMetrics { bytes.append(countedText: metric) }
    bytes.append(variableLength: UInt64(readings.count))
    for reading in readings {
      bytes.append(countedText: reading.name)
      bytes.append(UInt8(reading.kind.rawValue))
      bytes.append(UInt8(reading.better.rawValue))
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let design = ExperimentDesign(from: &reader), reader.isAtEnd else { return nil }
    self = design
  }

  private init?(from reader: inout ByteReader) {
    guard let agent = reader.text(), let name = reader.text(), let description = reader.text(),
      let hypothesis = reader.text(), let proposal = reader.text(), let creator = reader.text(),
      let control = reader.field(), let controlConfig = [UInt8](stored: control),
      let treatment = reader.field(), let treatmentConfig = [UInt8](stored: treatment),
      let share = reader.integer(UInt64.self), let hours = reader.integer(UInt64.self),
      let samples = reader.integer(Int64.self),
      let scope = reader.integer(UInt8.self).flatMap({ SampleScope(rawValue: Int($0)) }),
      let created = reader.integer(Int64.self), let primary = reader.text(),
      let guardrails = reader.variableLength()
    else { return nil }
    (self.agent, self.name, primaryMetric) = (agent, name, primary)
    self.description = description.isEmpty ? nil : description
    self.hypothesis = hypothesis.isEmpty ? nil : hypothesis
    proposalID = proposal.isEmpty ? nil : proposal
    createdBy = creator.isEmpty ? nil : creator
    (self.controlConfig, self.treatmentConfig) = (controlConfig, treatmentConfig)
    treatmentShare = Double(bitPattern: share)
    minimumDuration_hours = Double(bitPattern: hours)
    (minimumSamples, minSampleScope) = (samples, scope)
    createdAt = EventTime(milliseconds: created)
    for _ in 0..<guardrails {
      guard let metric = reader.text() else { return nil }
      guardrailMetrics.append(metric)
    }
    guard let count = reader.variableLength() else { return nil }
    for _ in 0..<count {
      guard let name = reader.text(),
        let kind = reader.integer(UInt8.self).flatMap({ MetricKind(rawValue: Int($0)) }),
        let better = reader.integer(UInt8.self).flatMap({ MetricDirection(rawValue: Int($0)) })
      else { return nil }
      readings.append(Reading(name: name, kind: kind, better: better))
    }
  }
}

extension RawSpan {
  fileprivate func append(to bytes: inout [UInt8]) {
    unsafe withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
  }
}
