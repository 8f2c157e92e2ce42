// What topics must be to each other and to those who read them, beyond what each says for itself.
import Basics

/// What quarantine and rekey add to a record: reason, origin and headers.
private let addition_bytes = 64 << 10

func topicDisagreements(_ topics: [TopicDeclaration]) -> [Diagnostic] {
  duplicates(topics) + uncleanKinds(topics) + compactedInputs(topics) + unequalInputs(topics)
    + controlWidth(topics) + smallQuarantine(topics)
}

private func duplicates(_ topics: [TopicDeclaration]) -> [Diagnostic] {
  var seen: [String: TopicDeclaration] = [:]
  return topics.compactMap { topic in
    guard let first = seen.updateValue(seen[topic.name] ?? topic, forKey: topic.name) else { return nil }
    return Diagnostic("topic \"\(topic.name)\" stands twice", at: topic.place, why: "first at \(first.place)")
  }
}

private func uncleanKinds(_ topics: [TopicDeclaration]) -> [Diagnostic] {
  topics.compactMap { topic in
    let isCompacted = if case .compact = topic.cleanup { true } else { false }
    guard topic.kind != .internal, topic.kind != .quarantine, isCompacted != (topic.kind == .projection)
    else { return nil }
    return Diagnostic(
      "\(topic.kind) \"\(topic.name)\" with cleanup \(isCompacted ? "compact" : "delete")", at: topic.place,
      why: isCompacted
        ? "each of its records counts, not only the last of a key"
        : "a projection is the last value of each key, and it would be deleted",
      next: "write cleanup: \(isCompacted ? "delete" : "compact")")
  }
}

private func compactedInputs(_ topics: [TopicDeclaration]) -> [Diagnostic] {
  topics.compactMap { topic in
    // What a processor reads back of its own is a changelog: it restores state and is never replayed.
    guard case .compact = topic.cleanup,
      let reader = topic.readers.first(where: { $0.isProcessor && topic.writers != [$0] })
    else { return nil }
    return Diagnostic(
      "\(reader) reads the compacted topic \"\(topic.name)\"", at: topic.place,
      why: "a processor could not replay what compaction has removed")
  }
}

/// Task p of a processor reads partition p of each of its topics; control is as wide as the widest.
private func unequalInputs(_ topics: [TopicDeclaration]) -> [Diagnostic] {
  Party.processors.flatMap { processor -> [Diagnostic] in
    let inputs = topics.filter { $0.kind != .control && $0.readers.contains(processor) }
    guard let first = inputs.first else { return [] }
    return inputs.filter { $0.partitions != first.partitions }.map { topic in
      Diagnostic(
        "\"\(topic.name)\" has \(counted(topic.partitions)), \"\(first.name)\" has \(first.partitions)",
        at: topic.place, why: "\(processor) reads both, and its task p reads partition p of each",
        next: "give both the same number of partitions")
    }
  }
}

private func controlWidth(_ topics: [TopicDeclaration]) -> [Diagnostic] {
  let readers = topics.filter { $0.kind != .control && $0.readers.contains(where: \.isProcessor) }
  guard let widest = readers.max(by: { $0.partitions < $1.partitions }) else { return [] }
  return topics.filter { $0.kind == .control && $0.partitions != widest.partitions }.map { control in
    Diagnostic(
      "\"\(control.name)\" has \(counted(control.partitions)), not \(widest.partitions)", at: control.place,
      why: "task p of every processor reads its partition p, and \"\(widest.name)\" is the widest",
      next: "write partitions: \(widest.partitions)")
  }
}

private func smallQuarantine(_ topics: [TopicDeclaration]) -> [Diagnostic] {
  // 1048588 is Kafka's own default for max.message.bytes.
  let inputs = topics.filter { $0.kind == .input }.map { $0.largest_bytes ?? 1_048_588 }
  guard let needed = inputs.max().map({ $0 + addition_bytes }) else { return [] }
  return topics.filter { $0.kind == .quarantine && ($0.largest_bytes ?? 1_048_588) < needed }.map { topic in
    Diagnostic(
      "\"\(topic.name)\" cannot hold every record set aside", at: topic.place,
      why: "the largest input's limit plus 64 KiB is \(needed) bytes", next: "write largest_bytes: \(needed)")
  }
}

/// `1 partition`, `4 partitions`.
func counted(_ partitions: Int) -> String { "\(partitions) partition\(partitions == 1 ? "" : "s")" }
