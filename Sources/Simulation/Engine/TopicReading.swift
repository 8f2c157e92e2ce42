// What stands in the topics, read through the broker's own requests, as consumers of committed records get
// it.
internal import Basics
internal import BrokerCore
internal import BrokerProtocol

struct TopicReading {
  private let world: EngineWorld
  private let connection: ConnectionID

  init(_ world: EngineWorld) {
    self.world = world
    connection = world.newConnection()
  }

  /// Every committed record of a partition, in order.
  func records(of topic: String, _ partition: Int32) -> [DeliveredRecord] {
    var records: [DeliveredRecord] = []
    var next = Offset.zero
    while let (found, isAtEnd) = read(topic, partition, from: next) {
      records += found.records
      next = found.next
      if isAtEnd { break }
    }
    return records
  }

  private func read(_ topic: String, _ partition: Int32, from offset: Offset) -> (DeliveredRecords, Bool)? {
    let part = FetchRequest.Partition(partition: PartitionID(partition), fetchOffset: offset)
    let request = FetchRequest(
      maxWait: .zero, isolation: .readCommitted, topics: [TopicEntry(name: topic, partitions: [part])])
    guard case .fetch(let answer) = ask(.fetch(request), 11) else { return nil }
    let found = answer.topics[0].partitions[0]
    guard found.error == .none else { return nil }
    let records = DeliveredRecords(found, from: offset)
    return (records, records.next >= found.lastStableOffset || records.next == offset)
  }

  /// The offset behind the last committed record of a partition.
  private func end(of topic: String, _ partition: Int32) -> Offset {
    records(of: topic, partition).last?.offset.next ?? .zero
  }

  private func ask(_ request: Request, _ version: Int16) -> Response? {
    world.broker.ask(request, version: version, on: connection, world.now)
  }

  /// Whether no transaction is open on a partition, so that its committed records are all to be seen.
  private func isStable(_ topic: String, _ partition: Int32) -> Bool {
    let part = FetchRequest.Partition(partition: PartitionID(partition), fetchOffset: .zero, maxBytes: 1)
    let request = FetchRequest(
      maxWait: .zero, isolation: .readCommitted, topics: [TopicEntry(name: topic, partitions: [part])])
    guard case .fetch(let answer) = ask(.fetch(request), 11) else { return false }
    let found = answer.topics[0].partitions[0]
    return found.error == .none && found.lastStableOffset == found.highWatermark
  }

  /// Which input is not in committed epochs to its end, or what may still be undecided; nil when nothing is.
  var unread: String? {
    for topic in world.workload.topics {
      for partition in 0..<topic.partitionCount where !isStable(topic.name, partition) {
        return "a transaction is open on \(topic.name)/\(partition)"
      }
    }
    for processor in Workload.processors {
      for task in 0..<world.workload.partitions {
        let last = records(of: Workload.epochs(of: processor), task).last
        let epoch = last.flatMap { try? LoggedEpochFields(decoding: $0.value ?? []) }
        for input in Workload.inputs(of: processor) {
          let next = epoch?.inputs.first { $0.topic == input }?.next ?? 0
          let end = end(of: input, task)
          if next < end.rawValue { return "\(processor)/\(task) has read \(input) up to \(next) of \(end)" }
        }
      }
    }
    return nil
  }
}
