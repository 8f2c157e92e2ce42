// A port whose commits sometimes come back without a clear answer, as librdkafka's do when a coordinator
// moves or a broker dies.
import Basics

@testable import Runtime

/// Passes everything on, and lies about commits as it is told.
final class DoubtfulPort: ClientPort {
  enum Lie { case committedButUnknown, lostAndUnknown }

  private let port: any ClientPort
  private var lies: [Lie]

  /// One lie for each of the first commits.
  init(_ port: any ClientPort, _ lies: [Lie]) {
    self.port = port
    self.lies = lies
  }

  func commitTransaction() throws(ClientFailure) {
    guard !lies.isEmpty else { return try port.commitTransaction() }
    switch lies.removeFirst() {
    case .committedButUnknown: try port.commitTransaction()
    case .lostAndUnknown: break
    }
    throw .unknown("a lie")
  }

  func pollGroup() throws(ClientFailure) -> [GroupEvent] { try port.pollGroup() }
  func clusterID() throws(ClientFailure) -> String { try port.clusterID() }
  func partitionCount(of topic: String) throws(ClientFailure) -> Int32 {
    try port.partitionCount(of: topic)
  }
  func committedOffset(of partition: TopicPartition) throws(ClientFailure) -> Offset? {
    try port.committedOffset(of: partition)
  }
  func bounds(of partitions: [TopicPartition]) throws(ClientFailure) -> [Range<Offset>] {
    try port.bounds(of: partitions)
  }
  func knownEnd(of partition: TopicPartition) -> Offset? { port.knownEnd(of: partition) }
  func startReading(_ partition: TopicPartition, at offset: Offset) throws(ClientFailure) {
    try port.startReading(partition, at: offset)
  }
  func read(
    _ partition: TopicPartition, into batch: inout RecordBatch, limit: Int
  ) throws(ClientFailure) -> Offset? { try port.read(partition, into: &batch, limit: limit) }
  func stopReading(_ partition: TopicPartition) { port.stopReading(partition) }
  func openProducer() throws(ClientFailure) { try port.openProducer() }
  func initializeTransactions() throws(ClientFailure) { try port.initializeTransactions() }
  func beginTransaction() throws(ClientFailure) { try port.beginTransaction() }
  func produce(_ publications: [Publication]) throws(ClientFailure) { try port.produce(publications) }
  func flush() throws(ClientFailure) -> [DeliveredEpoch] { try port.flush() }
  func sendOffsets(_ offsets: [TopicPartition: Offset]) throws(ClientFailure) {
    try port.sendOffsets(offsets)
  }
  func abortTransaction() throws(ClientFailure) { try port.abortTransaction() }
  func wait(_ duration: Duration) { port.wait(duration) }
  func close(deadline: Duration) { port.close(deadline: deadline) }
}
