// topology/topics.yaml into declarations, or everything that is wrong with it. What a single topic says is
// read here; what topics must be to each other stands in TopicChecks.
public import Basics
import YAML

/// The topics of an installation, in the order of the file, checked.
public func parseTopics(_ bytes: [UInt8], file: String) throws(Diagnostics) -> [TopicDeclaration] {
  let root = try parseYAML(bytes, file: file)
  var reader = StrictReader(file: file)
  var topics: [TopicDeclaration] = []
  if let fields = reader.fields(
    root, of: "topics file", known: ["partitions", "topics"], required: ["partitions", "topics"])
  {
    let partitions = fields["partitions"].flatMap { reader.integer($0, in: TopicLimit.partitions) }
    for item in fields["topics"].flatMap({ reader.items($0) }) ?? [] {
      if let topic = reader.topic(item, defaultPartitions: partitions ?? 1) { topics.append(topic) }
    }
  }
  // Topics are compared only when each is whole, or one slip would be told twice.
  try reader.finish()
  let disagreements = topicDisagreements(topics)
  guard disagreements.isEmpty else { throw Diagnostics(disagreements) }
  return topics
}

/// What Kafka allows, and a person can mean.
enum TopicLimit {
  /// One machine's librdkafka fetches a few thousand partitions before its bookkeeping shows.
  static let partitions = 1...1024
  /// Kafka's 249 for the whole name, less room for prefixes.
  static let nameLength = 200
  /// From a size that holds any of our own records to the largest that librdkafka is set to fetch at once.
  static let largest_bytes = 1024...104_857_600
}

private let required = ["name", "kind", "description", "key", "cleanup", "schema", "writers", "readers"]
private let optional = ["partitions", "retention", "tombstones", "largest_bytes"]

private enum CleanupWord: String, CaseIterable { case delete, compact }

extension StrictReader {
  fileprivate mutating func topic(_ node: Node, defaultPartitions: Int) -> TopicDeclaration? {
    let before = diagnostics.count
    guard let fields = fields(node, of: "topic", known: required + optional, required: required) else {
      return nil
    }
    let name = fields["name"].flatMap { topicName($0) }
    let kind = fields["kind"].flatMap { choice($0, of: TopicDeclaration.Kind.self) }
    let description = fields["description"].flatMap { text($0) }
    let key = fields["key"].flatMap { text($0) }
    let partitions = fields["partitions"].flatMap { integer($0, in: TopicLimit.partitions) }
    let cleanup = cleanup(fields, of: node, isQuarantine: kind == .quarantine)
    let largest = fields["largest_bytes"].flatMap { integer($0, in: TopicLimit.largest_bytes) }
    let schema = fields["schema"].flatMap { text($0) }
    let writers = fields["writers"].flatMap { parties($0) }
    let readers = fields["readers"].flatMap { parties($0) }
    guard diagnostics.count == before, let name, let kind, let description, let key, let cleanup, let schema,
      let writers, let readers
    else { return nil }
    return TopicDeclaration(
      name: name, kind: kind, description: description, key: key, partitions: partitions ?? defaultPartitions,
      cleanup: cleanup, largest_bytes: largest, schema: schema, writers: writers, readers: readers,
      place: place(fields["name"]?.position ?? node.position))
  }

  private mutating func topicName(_ node: Node) -> String? {
    guard let name = text(node) else { return nil }
    if let fault = faultOfTopicName(name) {
      report("invalid topic name \"\(name)\"", at: node.position, why: fault)
      return nil
    }
    return name
  }

  private mutating func cleanup(
    _ fields: [String: Node], of topic: Node, isQuarantine: Bool
  ) -> TopicDeclaration.Cleanup? {
    guard let word = fields["cleanup"].flatMap({ choice($0, of: CleanupWord.self) }) else { return nil }
    // What is set aside is deleted in time, and before that a tombstone erases it.
    let needsBoth = isQuarantine && word == .compact
    let (wanted, foreign) = word == .delete ? ("retention", "tombstones") : ("tombstones", "retention")
    if let node = fields[foreign], !needsBoth {
      report(
        "\"\(foreign)\" on a topic with cleanup \(word)", at: node.position,
        why: word == .delete
          ? "only a compacted topic has tombstones to keep" : "a compacted topic keeps each key's last value",
        next: "leave it out")
    }
    for name in needsBoth ? [wanted, foreign] : [wanted] where fields[name] == nil {
      report("a topic with cleanup \(word) without \"\(name)\"", at: topic.position)
      return nil
    }
    guard let node = fields[wanted] else { return nil }
    if word == .compact {
      let retention = needsBoth ? fields[foreign].flatMap { duration($0) } : nil
      if needsBoth, retention == nil { return nil }
      return duration(node).map { .compact(tombstones: $0, retention: retention) }
    }
    if case .scalar(let scalar) = node.content, scalar.text == "forever" { return .delete(retention: nil) }
    return duration(node, or: " or forever").map { .delete(retention: $0) }
  }

  private mutating func duration(_ node: Node, or alternative: String = "") -> Duration? {
    guard let written = written(node) else { return nil }
    if let duration = parseDuration(written), duration > .zero { return duration }
    report(
      "invalid duration \"\(written)\"", at: node.position,
      why: "a duration is a number with a unit: 500ms, 30s, 15m, 12h, 7d, 1h30m\(alternative)")
    return nil
  }

  private mutating func parties(_ node: Node) -> [Party]? {
    items(node)?.compactMap { choice($0, of: Party.self) }
  }
}

/// Why Kafka or we would refuse a topic's name or prefix, nil when neither does.
public func faultOfTopicName(_ name: String) -> String? {
  if name.isEmpty { return "it is empty" }
  if name.utf8.count > TopicLimit.nameLength {
    return "it is longer than \(TopicLimit.nameLength) characters"
  }
  let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789.-")
  // Kafka's metrics cannot tell "_" from ".", so that names which differ only there collide.
  if let wrong = name.first(where: { !allowed.contains($0) }) {
    return "\"\(wrong)\" is not a lower-case letter, a digit, \".\" or \"-\""
  }
  if name.hasPrefix(".") || name.hasSuffix(".") || name.contains("..") {
    return "it begins or ends with \".\", or has two in a row"
  }
  return nil
}
