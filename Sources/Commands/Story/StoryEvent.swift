// One event of a made-up history, before anybody publishes it: CloudEvents attributes, key and JSON data.
public import Basics

/// An event for one topic.
public struct StoryEvent: Equatable, Sendable {
  /// Without the prefix: `feedback`.
  public var topic: String
  public var type: String
  /// Unique within a story.
  public var id: String
  public var organization: String
  public var agent: String?
  /// What decides on the partition, as docs/event-types.md says it for the type.
  public var key: String
  /// When it happened; its record is stamped with it, too.
  public var time: Timestamp
  /// A JSON object.
  public var data: String

  /// The value of the attribute `source`.
  public static let source = "/ratchet/story"

  public init(
    topic: String, type: String, id: String, organization: String, agent: String? = nil, key: String,
    time: Timestamp, data: String
  ) {
    self.topic = topic
    self.type = type
    self.id = id
    self.organization = organization
    self.agent = agent
    self.key = key
    self.time = time
    self.data = data
  }
}

extension StoryEvent {
  /// The headers of a record in binary mode, in order.
  public var headers: [(name: String, value: String)] {
    var headers = [
      ("ce_specversion", "1.0"), ("ce_id", id), ("ce_source", Self.source), ("ce_type", type),
      ("ce_time", time.description), ("ce_organization", organization),
    ]
    if let agent { headers.append(("ce_agent", agent)) }
    headers.append(("content-type", "application/json"))
    return headers
  }

  /// The event in CloudEvents' JSON format, one line.
  public var json: String {
    var object: JSONObject = [
      "specversion": "1.0", "id": .text(id), "source": .text(Self.source), "type": .text(type),
      "time": .text(time.description), "organization": .text(organization),
      "agent": agent.map { .text($0) },
    ]
    object["data"] = .written(data)
    return object.text
  }
}
