// The engine's own port with a watch on it: how long commits take, and how far they have come.
import Basics
import Runtime

/// Passes everything on to librdkafka's port and takes notes.
final class MeasuredPort: ClientPort {
  private let port: KafkaPort
  /// From a transaction's begin to its commit.
  private(set) var commits: [Duration] = []
  /// The offsets that committed transactions have sent.
  private(set) var committed: [TopicPartition: Offset] = [:]
  /// Records read, by topic.
  private(set) var recordsRead: [String: Int] = [:]
  /// Of all that was produced: outputs, changelogs, epoch records.
  private(set) var publishedBytes = 0
  private var offered: [TopicPartition: Offset] = [:]
  private var began = ContinuousClock.now
  private(set) var isInTransaction = false

  init(_ port: KafkaPort) { self.port = port }

  func beginTransaction() throws(ClientFailure) {
    isInTransaction = true
    began = .now
    try port.beginTransaction()
  }

  func sendOffsets(_ offsets: [TopicPartition: Offset]) throws(ClientFailure) {
    offered = offsets
    try port.sendOffsets(offsets)
  }

  func commitTransaction() throws(ClientFailure) {
    try port.commitTransaction()
    isInTransaction = false
    commits.append(.now - began)
    committed.merge(offered) { $1 }
  }

  func read(
    _ partition: TopicPartition, into batch: inout RecordBatch, limit: Int
  ) throws(ClientFailure) -> Offset? {
    let before = batch.count
    let end = try port.read(partition, into: &batch, limit: limit)
    recordsRead[partition.topic, default: 0] += batch.count - before
    return end
  }

  func pollGroup() throws(ClientFailure) -> [GroupEvent] { try port.pollGroup() }
  func clusterID() throws(ClientFailure) -> String { try port.clusterID() }
  func partitionCount(of topic: String) throws(ClientFailure) -> Int32 { try port.partitionCount(of: topic) }
  func committedOffset(of partition: TopicPartition) throws(ClientFailure) -> Offset? {
    try port.committedOffset(of: partition)
  }
  func bounds(of partitions: [TopicPartition]) throws(ClientFailure) -> [Range<Offset>] {
    try port.bounds(of: partitions)
  }
  func startReading(_ partition: TopicPartition, at offset: Offset) throws(ClientFailure) {
    try port.startReading(partition, at: offset)
  }
  func knownEnd(of partition: TopicPartition) -> Offset? { port.knownEnd(of: partition) }
  func stopReading(_ partition: TopicPartition) { port.stopReading(partition) }
  func openProducer() throws(ClientFailure) { try port.openProducer() }
  func initializeTransactions() throws(ClientFailure) { try port.initializeTransactions() }
  func produce(_ publications: [Publication]) throws(ClientFailure) {
    publishedBytes += publications.reduce(0) { $0 + $1.buffer.byteCount }
    try port.produce(publications)
  }
  func flush() throws(ClientFailure) -> [DeliveredEpoch] { try port.flush() }
  func abortTransaction() throws(ClientFailure) { try port.abortTransaction() }
  func wait(_ duration: Duration) { port.wait(duration) }
  func close(deadline: Duration) { port.close(deadline: deadline) }
}
