// A change as bytes and back. The tags and layouts are on disks: add, never alter; a new layout gets a new
// tag.
import Basics
import BrokerProtocol

extension Change {
  private enum Tag: UInt8 {
    case clock = 1
    case counters, topic, topicRemoved, group, groupRemoved, offsets, offsetsRemoved, offsetsPending
    case offsetsEnded, transaction, transactionRemoved, producersRemoved, producer, aborted
  }

  var encoded: ByteSlice {
    var writer = ChangeWriter()
    writer.write(tag)
    write(to: &writer)
    return ByteSlice(writer.bytes)
  }

  private var tag: Tag {
    switch self {
    case .clock: .clock
    case .counters: .counters
    case .topic: .topic
    case .topicRemoved: .topicRemoved
    case .group: .group
    case .groupRemoved: .groupRemoved
    case .offsets: .offsets
    case .offsetsRemoved: .offsetsRemoved
    case .offsetsPending: .offsetsPending
    case .offsetsEnded: .offsetsEnded
    case .transaction: .transaction
    case .transactionRemoved: .transactionRemoved
    case .producersRemoved: .producersRemoved
    case .producer: .producer
    case .aborted: .aborted
    }
  }

  private func write(to writer: inout ChangeWriter) {
    switch self {
    case .clock(let time): writer.write(time)
    case .counters(let producer, let log):
      writer.write(producer)
      writer.write(log)
    case .topic(let topic): topic.write(to: &writer)
    case .topicRemoved(let name), .groupRemoved(let name), .transactionRemoved(let name): writer.write(name)
    case .group(let record): record.write(to: &writer)
    case .offsets(let group, let offsets):
      writer.write(group)
      writer.write(offsets)
    case .offsetsRemoved(let group, let partitions):
      writer.write(group)
      writer.write(partitions) { $0.write($1) }
    case .offsetsPending(let group, let producer, let offsets):
      writer.write(group)
      writer.write(producer)
      writer.write(offsets)
    case .offsetsEnded(let group, let producer, let commit):
      writer.write(group)
      writer.write(producer)
      writer.write(commit)
    case .transaction(let transaction): transaction.write(to: &writer)
    case .producersRemoved(let log, let producers):
      writer.write(log)
      writer.write(producers) { $0.write($1) }
    case .producer(let log, let producer):
      writer.write(log)
      producer.write(to: &writer)
    case .aborted(let log, let ranges):
      writer.write(log)
      writer.write(ranges) { $1.write(to: &$0) }
    }
  }

  init(decoding slice: ByteSlice) throws(MalformedChange) {
    var reader = ChangeReader(slice.bytes)
    self = try Change(tag: try reader.value(), &reader)
    guard reader.isAtEnd else { throw MalformedChange() }
  }

  private init(tag: Tag, _ reader: inout ChangeReader) throws(MalformedChange) {
    switch tag {
    case .clock: self = .clock(try reader.value())
    case .counters: self = .counters(producer: try reader.value(), log: try reader.value())
    case .topic: self = .topic(try Topic(from: &reader))
    case .topicRemoved: self = .topicRemoved(try reader.text())
    case .group: self = .group(try GroupRecord(from: &reader))
    case .groupRemoved: self = .groupRemoved(try reader.text())
    case .offsets: self = .offsets(group: try reader.text(), try reader.offsets())
    case .offsetsRemoved:
      let group = try reader.text()
      self = .offsetsRemoved(
        group: group, try reader.list { reader throws(MalformedChange) in try reader.partition() })
    case .offsetsPending:
      self = .offsetsPending(group: try reader.text(), try reader.value(), try reader.offsets())
    case .offsetsEnded:
      self = .offsetsEnded(group: try reader.text(), try reader.value(), commit: try reader.flag())
    case .transaction: self = .transaction(try TransactionState(from: &reader))
    case .transactionRemoved: self = .transactionRemoved(try reader.text())
    case .producersRemoved:
      let log: LogID = try reader.value()
      self = .producersRemoved(log, try reader.list { reader throws(MalformedChange) in try reader.value() })
    case .producer: self = .producer(try reader.value(), try ProducerState(from: &reader))
    case .aborted:
      let log: LogID = try reader.value()
      self = .aborted(
        log, try reader.list { reader throws(MalformedChange) in try AbortedRange(from: &reader) })
    }
  }
}

extension ChangeWriter {
  mutating func write(_ partition: TopicPartition) {
    write(partition.topic)
    write(partition.partition)
  }

  /// Sorted, so that the same offsets are always the same bytes.
  mutating func write(_ offsets: [TopicPartition: StoredOffset]) {
    write(offsets.sorted { $0.key < $1.key }) { writer, entry in
      writer.write(entry.key)
      writer.write(entry.value.offset)
      writer.write(entry.value.leaderEpoch)
      writer.write(entry.value.metadata)
      writer.write(entry.value.committedAt)
    }
  }
}

extension ChangeReader {
  mutating func partition() throws(MalformedChange) -> TopicPartition {
    TopicPartition(topic: try text(), partition: try value())
  }

  mutating func offsets() throws(MalformedChange) -> [TopicPartition: StoredOffset] {
    let entries = try list { reader throws(MalformedChange) in
      (
        try reader.partition(),
        StoredOffset(
          offset: try reader.value(), leaderEpoch: try reader.number(), metadata: try reader.text(),
          committedAt: try reader.value())
      )
    }
    return Dictionary(entries) { _, last in last }
  }
}
