// The smallest processor with a state: how many records each key has had, published at the epoch's end.
import Basics

@testable import Runtime

/// A value of "bad" is set aside as invalid, "huge" makes an output too large for its topic, "away" is
/// forwarded.
struct CountByKey: Processor {
  let counts = KeyValueStore<String, UInt64>("counts")
  /// The keys of the open epoch in the order of first touch.
  private var touched: [String] = []
  private var isTouched: Set<String> = []

  var stores: [any TaskStore] { [counts] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let key = record.key, let value = record.value else { return .setAside(.undecodable) }
    switch value.text {
    case "bad": return .setAside(.invalid)
    case let text where text.hasPrefix("away"):
      context.emit(1, key: key, value: value)
      return .forwarded
    case "huge":
      let bytes = [UInt8](repeating: 0, count: 2000)
      context.emit(0, key: key, value: nil)
      context.emit(0, key: key, value: unsafe bytes.span.bytes)
    default:
      let name = key.text
      counts.update(name) { $0 = ($0 ?? 0) + 1 }
      if isTouched.insert(name).inserted { touched.append(name) }
    }
    return .folded
  }

  mutating func closeEpoch(in context: inout FoldContext) {
    for name in touched {
      let (key, value) = (Array(name.utf8), Array(String(counts[name] ?? 0).utf8))
      context.emit(0, key: unsafe key.span.bytes, value: unsafe value.span.bytes)
    }
    touched = []
    isTouched = []
  }
}
