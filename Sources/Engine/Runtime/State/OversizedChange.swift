// A changelog record too large for its topic would abort its transaction, and the next one, for ever; so it
// is found before it is sent.
internal import Basics

/// Of key and value together: what Kafka's usual limit of 1 MiB leaves after headers and framing.
let changeBytesMax = 1_000_000

extension EpochBuffer {
  /// The first change that no changelog would take, told to a person; nil as a rule.
  func oversizedChange(of stores: [any TaskStore]) -> Diagnostic? {
    for index in 0..<changelog.count {
      let change = changelog[index]
      let byteCount = (change.key?.byteCount ?? 0) + (change.value?.byteCount ?? 0)
      guard byteCount > changeBytesMax else { continue }
      let key =
        unsafe change.key?.withUnsafeBytes { unsafe String(decoding: $0.prefix(60), as: UTF8.self) } ?? ""
      let store = (stores[change.output] as? any StateStore)?.name ?? "\(change.output)"
      return Diagnostic(
        "a value of the store \"\(store)\" has grown to \(byteCount) bytes", at: .named("key \"\(key)\""),
        why: "a changelog record holds \(changeBytesMax) at most; epoch \(record.epoch) is not committed",
        next: "run a build whose fold bounds this value; nothing of the task's inputs is lost")
    }
    return nil
  }
}
