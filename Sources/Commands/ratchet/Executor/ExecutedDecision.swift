// A decision as the executor reads it: from the JSON on its topic, as schemas/decisions describes it.
import Basics

/// What an executor has to know of a decision, and the decision itself.
struct ExecutedDecision: Equatable {
  var id: String
  var organization: String
  var agent: String
  var deployment: String
  var revision: Int64
  var sequence: Int64
  var action: String
  var cause: String
  var percent: Double
  var candidate: String
  var baseline: String
  /// The header and its value that make up the traffic class.
  var trafficClass: [String]
  var flags: [String: Bool]
  var evidence: [(place: TopicPartition, first: Offset, last: Offset)]
  var decidedAt: String
  var isDrill: Bool
  /// As it was published.
  var json: [UInt8]

  /// Nil when the bytes are no decision.
  init?(_ json: [UInt8]) {
    guard let leaves = unsafe JSONLeaves(json.span.bytes), let id = leaves["id"],
      let organization = leaves["organization"], let deployment = leaves["deployment_id"],
      let revision = leaves["revision"].flatMap({ Int64($0) }),
      let sequence = leaves["sequence"].flatMap({ Int64($0) }), let action = leaves["action"],
      let percent = leaves.number("target_percent"), (0...100).contains(percent)
    else { return nil }
    self.id = id
    self.organization = organization
    agent = leaves["agent"] ?? ""
    self.deployment = deployment
    (self.revision, self.sequence, self.action, self.percent) = (revision, sequence, action, percent)
    cause = leaves["cause"] ?? ""
    candidate = leaves["candidate"] ?? "candidate"
    baseline = leaves["baseline"] ?? "baseline"
    trafficClass = [leaves["traffic_class.header"], leaves["traffic_class.value"]].compactMap { $0 }
    flags = [:]
    evidence = []
    var index = 0
    while let name = leaves["flags.\(index).name"] {
      flags[name] = leaves["flags.\(index).on"] == "true"
      index += 1
    }
    index = 0
    while let topic = leaves["evidence.\(index).topic"] {
      let partition = leaves["evidence.\(index).partition"].flatMap { Int32($0) } ?? 0
      let first = leaves["evidence.\(index).first_offset"].flatMap { Int64($0) } ?? 0
      let last = leaves["evidence.\(index).last_offset"].flatMap { Int64($0) } ?? -1
      evidence.append(
        (TopicPartition(topic: topic, partition: PartitionID(partition)), Offset(first), Offset(last)))
      index += 1
    }
    decidedAt = leaves["decided_at"] ?? ""
    isDrill = leaves["drill"] == "true"
    self.json = json
  }

  static func == (a: Self, b: Self) -> Bool { a.json == b.json }

  var key: String { "\(organization)/\(deployment)" }
  var isHold: Bool { action == "hold" }
  var isRollback: Bool { action.hasSuffix("rollback") || action == "feature_disable" }
}
