// Declarations as people read them.
import Basics

extension TopicDeclaration {
  /// Everything about one topic.
  public func text(prefix: String) -> String {
    let settings = settings.sorted(by: <).map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    let rows = [
      ("kind", kind.rawValue), ("key", key), ("partitions", String(partitions)), ("cleanup", "\(cleanup)"),
      ("settings", settings), ("schema", schema), ("written by", names(writers)), ("read by", names(readers)),
      ("declared at", "\(place)"),
    ]
    let lines = rows.map { "  \($0.0.padded(to: 11))  \($0.1)" }
    return (["\(fullName(prefix: prefix))", "  \(description)", ""] + lines).joined(separator: "\n")
  }
}

/// One line a topic: name, partitions, cleanup, who writes it and who reads it.
public func overview(of topics: [TopicDeclaration], prefix: String) -> String {
  let rows = topics.map { topic in
    [
      topic.fullName(prefix: prefix), counted(topic.partitions), "\(topic.cleanup)",
      "\(names(topic.writers)) -> \(names(topic.readers))",
    ]
  }
  let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
  return rows.map { row in
    (zip(row, widths).map { $0.padded(to: $1) } + [row[3]]).joined(separator: "  ")
  }.joined(separator: "\n")
}

private func names(_ parties: [Party]) -> String { parties.map(\.rawValue).joined(separator: ", ") }
