// What a replay needs of a port, over the topics of a life that has ended: everything is there, and nothing
// more will come.
internal import Basics
internal import BrokerProtocol
internal import Runtime

/// Reads; it has no group and no producer.
final class LoggedPort: ClientPort {
  private let reading: TopicReading
  private let topics: [String: Int32]
  private var logs: [TopicPartition: [DeliveredRecord]] = [:]
  private var positions: [TopicPartition: Int] = [:]

  init(_ world: EngineWorld) {
    reading = TopicReading(world)
    topics = Dictionary(world.workload.topics.map { ($0.name, $0.partitionCount) }) { first, _ in first }
  }

  private func log(_ partition: TopicPartition) -> [DeliveredRecord] {
    if let known = logs[partition] { return known }
    let found = reading.records(of: partition.topic, partition.partition.rawValue)
    logs[partition] = found
    return found
  }

  func bounds(of partitions: [TopicPartition]) -> [Range<Offset>] {
    partitions.map { .zero..<ending(of: $0) }
  }

  private func ending(of partition: TopicPartition) -> Offset { log(partition).last?.offset.next ?? .zero }

  func startReading(_ partition: TopicPartition, at offset: Offset) {
    let log = log(partition)
    positions[partition] = log.firstIndex { $0.offset >= offset } ?? log.count
  }

  func knownEnd(of partition: TopicPartition) -> Offset? { ending(of: partition) }

  func stopReading(_ partition: TopicPartition) { positions[partition] = nil }

  func read(_ partition: TopicPartition, into batch: inout Runtime.RecordBatch, limit: Int) -> Offset? {
    let log = log(partition)
    let start = positions[partition] ?? 0
    let end = min(log.count, start + limit)
    for record in log[start..<end] { batch.append(record) }
    positions[partition] = end
    return end == log.count ? ending(of: partition) : nil
  }

  func partitionCount(of topic: String) throws(ClientFailure) -> Int32 {
    guard let count = topics[topic] else { throw .refused("topic \(topic) does not exist") }
    return count
  }

  func wait(_ duration: Duration) {}
  func clusterID() -> String { "log" }

  // A replay asks for none of what follows.
  private var readsOnly: ClientFailure { .refused("this port only reads") }
  func pollGroup() throws(ClientFailure) -> [GroupEvent] { throw readsOnly }
  func committedOffset(of partition: TopicPartition) throws(ClientFailure) -> Offset? { throw readsOnly }
  func openProducer() throws(ClientFailure) { throw readsOnly }
  func initializeTransactions() throws(ClientFailure) { throw readsOnly }
  func beginTransaction() throws(ClientFailure) { throw readsOnly }
  func produce(_ publications: [Publication]) throws(ClientFailure) { throw readsOnly }
  func flush() throws(ClientFailure) -> [DeliveredEpoch] { throw readsOnly }
  func sendOffsets(_ offsets: [TopicPartition: Offset]) throws(ClientFailure) { throw readsOnly }
  func commitTransaction() throws(ClientFailure) { throw readsOnly }
  func abortTransaction() throws(ClientFailure) { throw readsOnly }
  func close(deadline: Duration) {}
}
