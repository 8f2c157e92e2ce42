// What the engine's benchmark folds: nothing but the engine's own work, so no decoding.
import Basics
import Runtime

/// Sends each record on as it is.
struct PassOn: Processor {
  var stores: [any TaskStore] { [] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let key = record.key else { return .setAside(.undecodable) }
    context.emit(0, key: key, value: record.value)
    return .folded
  }
}

/// How many records a key has had, and how many bytes.
struct KeyTotal: Storable {
  var records: UInt64 = 0
  var bytes: UInt64 = 0

  init() {}

  func store(into bytes: inout [UInt8]) {
    records.store(into: &bytes)
    self.bytes.store(into: &bytes)
  }

  init?(stored span: RawSpan) {
    guard span.byteCount == 16, let records = UInt64(stored: span.extracting(first: 8)),
      let bytes = UInt64(stored: span.extracting(droppingFirst: 8))
    else { return nil }
    (self.records, self.bytes) = (records, bytes)
  }
}

/// Counts by key; each epoch's last values go to the changelog.
struct CountKeys: Processor {
  let totals = KeyValueStore<String, KeyTotal>("totals")

  var stores: [any TaskStore] { [totals] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let key = record.key, let value = record.value, let name = String(stored: key) else {
      return .setAside(.undecodable)
    }
    totals.update(name) { total in
      var new = total ?? KeyTotal()
      new.records += 1
      new.bytes += UInt64(value.byteCount)
      total = new
    }
    return .folded
  }
}
