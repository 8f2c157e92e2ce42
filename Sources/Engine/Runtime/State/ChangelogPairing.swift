// Stores and changelogs are paired by their order, so the order is checked as far as the names tell it.
internal import Basics

/// What is wrong with the pairing; nil when nothing is known to be. A changelog named `*.<store>.changelog`
/// must not stand in the place of another store of the same processor.
func refusalOfChangelogs(_ topics: [String], _ stores: [any TaskStore]) -> Diagnostic? {
  let names = stores.map { ($0 as? any StateStore)?.name ?? "" }
  func refusal(_ message: String, _ why: String) -> Diagnostic {
    Diagnostic(
      message, why: why, next: "declare one changelog topic for each store, in the order of the stores")
  }
  guard topics.count == names.count else {
    return refusal(
      "\(topics.count) changelog topics for \(names.count) stores",
      "the stores are \(list(names)), the topics are \(list(topics))")
  }
  if Set(names).count < names.count || Set(topics).count < topics.count {
    return refusal("two stores with one name or one changelog", "\(list(names)) with \(list(topics))")
  }
  for (name, topic) in zip(names, topics) {
    let parts = topic.split(separator: ".")
    guard parts.last == "changelog", let named = parts.dropLast().last, named != name,
      names.contains(String(named))
    else { continue }
    return refusal(
      "the changelog \(topic) is paired with the store \"\(name)\"", "it is named for the store \"\(named)\"")
  }
  return nil
}

private func list(_ names: [String]) -> String { "[\(names.joined(separator: ", "))]" }
