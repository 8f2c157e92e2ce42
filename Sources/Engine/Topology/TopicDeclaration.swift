// One topic as topology/topics.yaml declares it. How it came from text is TopicFile's affair, how it compares
// to a broker TopicPlan's.
public import Basics

public struct TopicDeclaration: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    case input, control, projection, decision, quarantine, `internal`
  }

  /// What goes and when.
  public enum Cleanup: Hashable, Sendable {
    /// Records older than this, measured by their timestamps; nil keeps all.
    case delete(retention: Duration?)
    /// Records whose key has a newer one; tombstones after this time.
    /// Each key keeps its last value, with `retention` no longer than that.
    case compact(tombstones: Duration, retention: Duration? = nil)
  }

  /// Without the prefix: `feedback`, `collect.epochs`.
  public var name: String
  public var kind: Kind
  public var description: String
  /// What the record's key is, in words.
  public var key: String
  public var partitions: Int
  public var cleanup: Cleanup
  /// The largest record batch a broker takes, in bytes; nil leaves it to the broker.
  public var largest_bytes: Int?
  /// The path of the JSON Schema of its records.
  public var schema: String
  public var writers: [Party]
  public var readers: [Party]
  /// Where it is declared.
  public var place: Diagnostic.Place

  public func fullName(prefix: String) -> String { "\(prefix).\(name)" }
}

/// Whoever writes or reads a topic: our processors and notifier, or people and programs outside.
public enum Party: String, CaseIterable, Sendable {
  case collect, review, experiments, retrieval, metrics, rollouts
  case notifier, producers, operators, clients, executors

  /// Processors run as tasks, which is why their inputs have equally many partitions.
  public var isProcessor: Bool { Party.processors.contains(self) }

  public static let processors: [Party] = [.collect, .review, .experiments, .retrieval, .metrics, .rollouts]
}

extension TopicDeclaration {
  /// The settings of Kafka that the declaration stands for; everything else is left to the broker.
  public var settings: [String: String] {
    var settings: [String: String] = [:]
    switch cleanup {
    case .delete(let retention):
      settings["cleanup.policy"] = "delete"
      settings["retention.ms"] = retention.map { String($0.milliseconds) } ?? "-1"
    case .compact(let tombstones, let retention):
      settings["cleanup.policy"] = retention == nil ? "compact" : "compact,delete"
      if let retention { settings["retention.ms"] = String(retention.milliseconds) }
      settings["delete.retention.ms"] = String(tombstones.milliseconds)
    }
    if let largest_bytes { settings["max.message.bytes"] = String(largest_bytes) }
    return settings
  }
}

extension TopicDeclaration.Cleanup: CustomStringConvertible {
  /// As the plan shows it: `delete after 7d`, `keep forever`, `compact`.
  public var description: String {
    switch self {
    case .delete(let retention): retention.map { "delete after \(durationText($0))" } ?? "keep forever"
    case .compact(_, nil): "compact"
    case .compact(_, let retention?): "compact, delete after \(durationText(retention))"
    }
  }
}
