// Publishes a story's events as any producer would: keyed, partitioned by murmur2, stamped with the time at
// which they happened; control events go to every partition of their topic.
import Basics
import Kafka
import Story

/// A producer of story events. What was handed over is not known to be there before `finish`.
final class StoryPublisher {
  private let producer: Producer
  private let prefix: String
  private let partitions: [String: Int32]
  private var open: [String: ProduceBatch] = [:]
  private var sent: [ProduceBatch] = []
  private(set) var count = 0

  /// Records of one topic that are handed over together.
  private static let batchRecords = 500
  private static let patience = Duration.seconds(30)

  init(_ client: ClientConfiguration, prefix: String) throws(Diagnostic) {
    let address = client["bootstrap.servers"] ?? ""
    self.prefix = prefix
    do throws(KafkaError) {
      let topics = try Admin(client, timeout: .seconds(15)).topics()
      partitions = topics.mapValues { Int32($0.partitions.count) }
      producer = try Producer(client.setting(["linger.ms": "20"]))
    } catch { throw brokerDiagnostic(error, "no story can be published", at: address) }
  }

  func publish(_ event: StoryEvent) throws(Diagnostic) {
    let topic = "\(prefix).\(event.topic)"
    guard let partitions = partitions[topic], partitions > 0 else {
      throw Diagnostic("there is no such topic", at: .named(topic), next: "ratchet topics apply makes it")
    }
    let batch = open[topic] ?? ProduceBatch(topic: topic)
    open[topic] = batch
    if event.topic == "control" {
      for number in 0..<partitions { append(event, to: PartitionID(number), of: batch) }
    } else {
      append(event, to: murmur2Partition(ofKey: event.key, of: partitions), of: batch)
    }
    count += 1
    if batch.count >= Self.batchRecords { try hand(over: topic) }
  }

  private func append(_ event: StoryEvent, to partition: PartitionID, of batch: ProduceBatch) {
    let (key, value) = (Array(event.key.utf8), Array(event.data.utf8))
    batch.append(
      to: partition, key: unsafe key.span.bytes, value: unsafe value.span.bytes, timestamp: event.time)
    for header in event.headers {
      let (name, value) = (Array(header.name.utf8), Array(header.value.utf8))
      batch.appendHeader(unsafe name.span.bytes, unsafe value.span.bytes)
    }
  }

  private func hand(over topic: String) throws(Diagnostic) {
    guard let batch = open.removeValue(forKey: topic), !batch.isEmpty else { return }
    do throws(KafkaError) {
      try producer.produce(batch, timeout: Self.patience)
      producer.poll(.zero)
    } catch { throw brokerDiagnostic(error, "events cannot be published", at: topic) }
    sent.append(batch)
    if sent.count > 64 { try settle() }
  }

  /// Hands over what waits, without waiting for what becomes of it.
  func push() throws(Diagnostic) {
    for topic in open.keys.sorted() { try hand(over: topic) }
    producer.poll(.zero)
    try settle()
  }

  /// Waits until everything is there.
  func finish() throws(Diagnostic) {
    try push()
    do throws(KafkaError) { try producer.flush(Self.patience) } catch {
      throw brokerDiagnostic(error, "events were not all delivered", at: prefix)
    }
    try settle()
  }

  private func settle() throws(Diagnostic) {
    for batch in sent {
      guard let failure = batch.firstFailure else { continue }
      throw brokerDiagnostic(failure.error, "an event was not delivered", at: batch.topic)
    }
    sent.removeAll { !$0.isPending }
  }
}
