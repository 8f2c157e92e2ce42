// What the tests of this module share: waiting for a condition, and moving records as text.
import Basics
import Kafka
import Testing

/// Calls `step` until it returns true; fails the test after `limit`. The steps themselves wait, so nothing
/// sleeps here.
func eventually(
  within limit: Duration = .seconds(20), _ what: String, _ step: () throws -> Bool
) throws {
  try value(within: limit, what) { try step() ? true : nil }
}

/// Calls `step` until it returns a value.
@discardableResult
func value<Value>(
  within limit: Duration = .seconds(20), _ what: String, _ step: () throws -> Value?
) throws -> Value {
  let deadline = ContinuousClock.now + limit
  while ContinuousClock.now < deadline {
    if let value = try step() { return value }
  }
  throw TooLate(what: what)
}

struct TooLate: Error { var what: String }

/// A test met something else than it claims.
struct Unexpected: Error { var got: String }

extension TopicPartition {
  init(_ topic: String, _ partition: Int32 = 0) {
    self.init(topic: topic, partition: PartitionID(partition))
  }
}

extension RawSpan {
  var text: String { unsafe withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) } }
}

func valueText(_ value: RawSpan?) -> String {
  guard let value else { return "null" }
  return value.text
}

extension ProduceBatch {
  /// Adds a record of text.
  @discardableResult
  func append(_ key: String?, _ value: String?, partition: Int32 = 0, timestamp: Timestamp? = nil) -> Int {
    let (keyBytes, valueBytes) = (key.map { Array($0.utf8) }, value.map { Array($0.utf8) })
    return unsafe append(
      to: PartitionID(partition), key: keyBytes?.span.bytes, value: valueBytes?.span.bytes,
      timestamp: timestamp)
  }

  func appendHeader(_ name: String, _ value: String?) {
    let (nameBytes, valueBytes) = (Array(name.utf8), value.map { Array($0.utf8) })
    unsafe appendHeader(nameBytes.span.bytes, valueBytes?.span.bytes)
  }
}

extension Producer {
  /// Produces records of text and waits for them; returns the batch.
  @discardableResult
  func send(_ topic: String, _ records: [(key: String?, value: String?)]) throws -> ProduceBatch {
    let batch = ProduceBatch(topic: topic)
    for record in records { batch.append(record.key, record.value) }
    try produce(batch)
    try flush(.seconds(20))
    return batch
  }
}

/// A consumed record, copied.
struct Copied: Equatable {
  var offset: Offset
  var key: String?
  var value: String?
}

extension Consumer {
  /// Reads a partition up to its end, or until `limit` records have come.
  func readAll(_ partition: TopicPartition, limit: Int = .max) throws -> [Copied] {
    let queue = try start(partition, at: .earliest)
    defer { queue.stop() }
    var batch = ConsumeBatch(capacity: 16)
    var records: [Copied] = []
    return try value("\(partition) is read") {
      wait(.milliseconds(100))
      repeat {
        try queue.read(into: &batch)
        for index in 0..<batch.count {
          let record = batch[index]
          records.append(Copied(offset: record.offset, key: record.key?.text, value: record.value?.text))
        }
      } while batch.count == batch.capacity
      return queue.end != nil || records.count >= limit ? records : nil
    }
  }
}
