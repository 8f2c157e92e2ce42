// The smallest processor whose past is worth replaying: it keeps a state, publishes JSON, sets records aside,
// and has one constant that a test may change.
import Basics

@testable import Runtime

/// How often a key was seen and what its values add up to.
struct Sum: Storable {
  var count: UInt64 = 0
  var total: UInt64 = 0

  init() {}

  init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let count = reader.integer(UInt64.self), let total = reader.integer(UInt64.self) else { return nil }
    (self.count, self.total) = (count, total)
  }

  func store(into bytes: inout [UInt8]) {
    bytes.append(littleEndian: count)
    bytes.append(littleEndian: total)
  }
}

/// Adds up the values by key, none above `cap`; what is no number is set aside.
struct Tally: Processor {
  var cap: UInt64 = 100
  private let sums = KeyValueStore<String, Sum>("sums")
  private var touched: [String] = []

  init(cap: UInt64 = 100) { self.cap = cap }

  var stores: [any TaskStore] { [sums] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let key = record.key, let value = record.value else { return .setAside(.undecodable) }
    guard let number = UInt64(value.text) else { return .setAside(.invalid) }
    let name = key.text
    let cap = cap
    sums.update(name) { sum in
      var new = sum ?? Sum()
      new.count += 1
      new.total += min(number, cap)
      sum = new
    }
    if !touched.contains(name) { touched.append(name) }
    return .folded
  }

  mutating func closeEpoch(in context: inout FoldContext) {
    for name in touched {
      let sum = sums[name] ?? Sum()
      let key = Array(name.utf8)
      let value = Array("{\"key\":\"\(name)\",\"count\":\(sum.count),\"total\":\(sum.total)}".utf8)
      context.emit(0, key: unsafe key.span.bytes, value: unsafe value.span.bytes)
    }
    touched = []
  }
}

/// Passes records on; it remembers nothing.
struct PassOn: Processor {
  var stores: [any TaskStore] { [] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let key = record.key else { return .setAside(.undecodable) }
    context.emit(0, key: key, value: record.value)
    return .folded
  }
}

extension RawSpan {
  var text: String { unsafe withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) } }
}
