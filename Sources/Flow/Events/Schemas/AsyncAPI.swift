// All topics that the world outside writes or reads, as an AsyncAPI 3 document.

/// The document; every value in it is YAML's form of JSON.
public func asyncAPI(of projections: [ProjectionShape]) -> String {
  var lines = [
    "# AsyncAPI 3 of the topics that producers write and consumers read; made from the "
      + "declared types of events,",
    "# projections and decisions.",
    "asyncapi: 3.0.0",
    "info:",
    "  title: Ratchet",
    "  version: 1.0.0",
    "  description: Events of the learning loop of AI agents, as CloudEvents 1.0 over Kafka, "
      + "and what is made of them.",
    "defaultContentType: application/cloudevents+json",
    "channels:",
  ]
  for topic in InputTopic.allCases { lines += channel(topic.rawValue, topic.types.map(\.rawValue)) }
  for projection in projections { lines += channel(projection.topic, [projection.topic]) }
  lines.append("operations:")
  for topic in InputTopic.allCases { lines += operation("read", "receive", topic.rawValue) }
  for projection in projections { lines += operation("publish", "send", projection.topic) }
  lines += ["components:", "  messages:"]
  for shape in EventType.allCases.map(\.shape) {
    let (type, topic) = (shape.type.rawValue, shape.topic.rawValue)
    lines += message(
      type, shape.about, "application/cloudevents+json", "events/\(topic)/\(type).json", key: shape.keyText)
  }
  for shape in projections {
    lines += message(
      shape.topic, shape.about, "application/json", "\(shape.kind.rawValue)/\(shape.topic).json",
      key: shape.keyText)
  }
  return lines.joined(separator: "\n") + "\n"
}

private func channel(_ topic: String, _ messages: [String]) -> [String] {
  ["  \(topic):", "    address: \"{prefix}.\(topic)\"", "    parameters:", "      prefix:"]
    + ["        default: ratchet", "    messages:"]
    + messages.flatMap { ["      \($0):", "        $ref: \"#/components/messages/\($0)\""] }
}

private func operation(_ verb: String, _ action: String, _ topic: String) -> [String] {
  ["  \(verb)-\(topic):", "    action: \(action)", "    channel:", "      $ref: \"#/channels/\(topic)\""]
}

private func message(
  _ name: String, _ about: String, _ contentType: String, _ schema: String, key: String
) -> [String] {
  [
    "    \(name):", "      summary: \(OrderedJSON.text(about).text())", "      contentType: \(contentType)",
    "      payload:", "        $ref: \"\(schema)\"", "      bindings:", "        kafka:", "          key:",
    "            type: string", "            description: \(OrderedJSON.text(key).text())",
  ]
}
