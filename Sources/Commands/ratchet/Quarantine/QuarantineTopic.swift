// Reading the quarantine topic from its beginning to its end, as it was when the reading began.
import Basics
import Kafka

/// The quarantine topic of some brokers.
final class QuarantineTopic {
  let name: String
  let address: String
  private let configuration: ClientConfiguration
  private let admin: Admin

  /// A person waits; a transaction that is open in front of the end may take its time.
  private static let patience = Duration.seconds(30)

  init(prefix: String, _ configuration: ClientConfiguration) throws(Diagnostic) {
    name = "\(prefix).quarantine"
    address = configuration["bootstrap.servers"] ?? ""
    self.configuration = configuration
    do throws(KafkaError) {
      admin = try Admin(configuration, timeout: .seconds(15))
    } catch { throw brokerDiagnostic(error, "no client can be made", at: address) }
  }

  /// Shows every committed record that has not been erased, partition after partition, or only those from
  /// `start` on of its partition. It reads twice: what is erased is known only at the end.
  func read(from start: QuarantinePosition? = nil, _ body: (QuarantinedRecord) -> Void) throws(Diagnostic) {
    var erased: Set<[UInt8]?> = []
    try readAll(from: start) { if $0.content == .erased { erased.insert($0.storedKey) } }
    try readAll(from: start) { record in
      if record.content != .erased, !erased.contains(record.storedKey) { body(record) }
    }
  }

  private func readAll(
    from start: QuarantinePosition?, _ body: (QuarantinedRecord) -> Void
  ) throws(Diagnostic) {
    do {
      guard let topic = try admin.topics()[name] else {
        throw Diagnostic(
          "there is no topic \(name)", at: .named(address),
          next: "is --prefix right? ratchet topics apply makes the topics")
      }
      let partitions = start.map { [$0.partition] } ?? topic.partitions.map(\.id)
      guard Set(topic.partitions.map(\.id)).isSuperset(of: partitions) else {
        throw Diagnostic("\(name) has no partition \(partitions[0])", at: .named(address))
      }
      // One partition after the other: a fetch that waits for more of one holds up the next.
      let consumer = try Consumer(
        configuration.setting(["fetch.wait.max.ms": "10", "isolation.level": "read_committed"]))
      var progress = Progress()
      for id in partitions {
        try read(TopicPartition(topic: name, partition: id), from: start?.offset, consumer, &progress, body)
      }
    } catch let error as KafkaError {
      throw brokerDiagnostic(error, "\(name) cannot be read", at: address)
    } catch { throw error as? Diagnostic ?? Diagnostic("\(error)") }
  }

  private func read(
    _ partition: TopicPartition, from start: Offset?, _ consumer: Consumer, _ progress: inout Progress,
    _ body: (QuarantinedRecord) -> Void
  ) throws {
    let earliest = try admin.offsets([partition: .earliest])[partition] ?? .zero
    // The end with open transactions: what is committed in front of it shows only when those have ended.
    let end = try admin.offsets([partition: .latest])[partition] ?? earliest
    let first = max(earliest, start ?? earliest)
    guard first < end else { return }
    let queue = try consumer.start(partition, at: .offset(first))
    defer { queue.stop() }
    var batch = ConsumeBatch(capacity: 500)
    let deadline = ContinuousClock.now + Self.patience
    var last = ContinuousClock.now
    var count = 0
    while queue.end.map({ $0 < end }) ?? true {
      try queue.read(into: &batch)
      for index in 0..<batch.count { body(QuarantinedRecord(batch[index])) }
      count += batch.count
      progress.tell("\(count) records of \(partition) read")
      if !batch.isEmpty { last = .now }
      guard ContinuousClock.now < max(deadline, last + Self.patience) else {
        throw Diagnostic(
          "\(partition) cannot be read to its end", at: .named(address),
          why: "a transaction has been open for \(age(Self.patience)), or the broker does not answer")
      }
      if batch.isEmpty { consumer.wait(.milliseconds(50)) }
    }
  }
}
