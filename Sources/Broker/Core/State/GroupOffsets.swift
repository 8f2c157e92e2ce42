// A group's committed positions, and those that wait for a transaction's end.
import Basics
import BrokerProtocol

/// One committed position.
struct StoredOffset: Equatable, Sendable {
  var offset: Offset
  var leaderEpoch: Int32
  var metadata: String
  var committedAt: Timestamp
}

struct GroupOffsets: Equatable, Sendable {
  private(set) var committed: [TopicPartition: StoredOffset] = [:]
  /// By the producer whose transaction will apply or drop them.
  private(set) var pending: [ProducerID: [TopicPartition: StoredOffset]] = [:]

  var isEmpty: Bool { committed.isEmpty && pending.isEmpty }

  mutating func commit(_ offsets: [TopicPartition: StoredOffset]) {
    committed.merge(offsets) { _, new in new }
  }

  mutating func hold(_ offsets: [TopicPartition: StoredOffset], for producer: ProducerID) {
    pending[producer, default: [:]].merge(offsets) { _, new in new }
  }

  /// The producer's transaction ended: its offsets count, or are dropped.
  mutating func end(_ producer: ProducerID, commit: Bool) {
    guard let held = pending.removeValue(forKey: producer), commit else { return }
    self.commit(held)
  }

  /// Whether a transaction may still change this position (KIP-447).
  func isUnstable(_ partition: TopicPartition) -> Bool {
    pending.values.contains { $0[partition] != nil }
  }

  mutating func remove(_ partitions: some Sequence<TopicPartition>) {
    for partition in partitions { committed[partition] = nil }
  }

  mutating func remove(topic: String) {
    committed = committed.filter { $0.key.topic != topic }
    pending = pending.mapValues { $0.filter { $0.key.topic != topic } }.filter { !$0.value.isEmpty }
  }
}
