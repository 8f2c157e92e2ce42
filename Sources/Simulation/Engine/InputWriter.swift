// Producers from outside: plain ones, and transactional ones that commit, abort, or fall silent with a
// transaction open. They write straight to the broker; what they were told does not matter, because the
// oracle reads what stands in the topics.
internal import Basics
internal import BrokerCore
internal import BrokerProtocol

final class InputWriter {
  private unowned let world: EngineWorld
  private let number: Int
  private let connection: ConnectionID
  private var identity: (id: ProducerID, epoch: ProducerEpoch)?
  private var sequences: [TopicPartition: Int32] = [:]
  private var isOpen = false

  init(_ number: Int, _ world: EngineWorld) {
    self.world = world
    self.number = number
    connection = world.newConnection()
  }

  private var transactionalID: String? { number < 2 ? nil : "writer-\(number)" }

  /// Before anything else every task is told a unit.
  func writeFirstSettings() {
    for partition in 0..<world.workload.partitions { write([settings()], to: Workload.control, partition) }
  }

  func wake() {
    guard world.isStormy else { return }
    var pause = 150
    if transactionalID == nil {
      let input = Workload.inputs[world.random.int(in: 0..<2)]
      write(records(), to: input, anyPartition)
    } else if identity == nil {
      initialize()
    } else if isOpen {
      if world.has(.writers, 1, in: 6) {
        identity = nil
        pause = 4000
      }
      end()
    } else {
      writeInTransaction()
    }
    world.schedule(.write(number), within: .milliseconds(Int64(pause)))
  }

  private var anyPartition: Int32 { Int32(world.random.int(in: 0..<Int(world.workload.partitions))) }

  private func writeInTransaction() {
    isOpen = true
    if world.random.chance(1, in: 5) {
      // Settings go to all tasks at once.
      for partition in 0..<world.workload.partitions { write([settings()], to: Workload.control, partition) }
      return
    }
    for input in Workload.inputs where world.random.chance(2, in: 3) {
      write(records(), to: input, anyPartition)
    }
  }

  private func settings() -> DeliveredRecord {
    DeliveredRecord(
      offset: .zero, timestamp: stamp(), key: Array("configuration".utf8),
      value: Array(String(world.random.int(in: 1..<1000)).utf8))
  }

  private func records() -> [DeliveredRecord] {
    (0..<world.random.int(in: 1..<8)).map { _ in
      let key = "k\(world.random.int(in: 0..<6))"
      var record = DeliveredRecord(
        offset: .zero, timestamp: stamp(), key: Array(key.utf8), value: Array(value().utf8))
      if world.random.chance(1, in: 20) { record.value = nil }
      if world.random.chance(1, in: 20) { record.key = nil }
      if world.random.chance(1, in: 4) { record.headers = [.init(name: "ce_type", value: Array("a".utf8))] }
      return record
    }
  }

  private func value() -> String {
    switch world.random.int(in: 0..<16) {
    case 0: "bad"
    case 1: "away"
    case 2: "drop"
    case 3: String(repeating: "huge", count: Workload.recordBytesMax / 4)
    default: "v\(world.random.int(in: 0..<100_000))"
    }
  }

  /// Producers' clocks differ, and some records are equally old.
  private func stamp() -> Timestamp {
    let step: Int64 = world.random.chance(1, in: 2) ? 100 : 1
    let time = world.now.rawValue + Int64(world.random.int(in: -3000..<500))
    return Timestamp(milliseconds: time / step * step)
  }

  private func initialize() {
    let request = InitProducerIDRequest(
      transactionalID: transactionalID, transactionTimeout: EngineWorld.transactionTimeout)
    guard case .initProducerID(let answer) = ask(.initProducerID(request), 4), answer.error == .none else {
      return
    }
    identity = (answer.producerID, answer.producerEpoch)
    sequences = [:]
    isOpen = false
  }

  private func end() {
    isOpen = false
    guard let (id, epoch) = identity, let transactionalID else { return }
    let commits = !world.troubles.contains(.writers) || world.random.chance(2, in: 3)
    let request = EndTxnRequest(
      transactionalID: transactionalID, producerID: id, producerEpoch: epoch, commit: commits)
    guard case .endTxn(let answer) = ask(.endTxn(request), 3), answer.error == .none else {
      identity = nil
      return
    }
  }

  private func write(_ records: [DeliveredRecord], to topic: String, _ partition: Int32) {
    let place = TopicPartition(topic: topic, partition: PartitionID(partition))
    if let (id, epoch) = identity, let transactionalID {
      let adding = AddPartitionsToTxnRequest(
        transactionalID: transactionalID, producerID: id, producerEpoch: epoch,
        topics: [TopicEntry(name: topic, partitions: [place.partition])])
      guard case .addPartitionsToTxn(let answer) = ask(.addPartitionsToTxn(adding), 3),
        answer.topics[0].partitions[0].error == .none
      else { return identity = nil }
    }
    let bytes = RecordBatch.carrying(
      records, as: identity, sequence: sequences[place, default: 0], isTransactional: identity != nil)
    let part = ProduceRequest.Partition(partition: place.partition, records: bytes)
    let request = ProduceRequest(
      transactionalID: transactionalID, topics: [TopicEntry(name: topic, partitions: [part])])
    guard case .produce(let answer) = ask(.produce(request), 9),
      answer.topics[0].partitions[0].error == .none
    else { return identity = nil }
    sequences[place, default: 0] += Int32(records.count)
  }

  private func ask(_ request: Request, _ version: Int16) -> Response? {
    world.broker.ask(request, version: version, on: connection, world.now)
  }
}
