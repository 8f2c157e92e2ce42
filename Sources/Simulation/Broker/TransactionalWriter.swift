// A transactional producer: records in two partitions and a position in one transaction, committed or
// aborted. At times it falls silent for longer than its timeout; at times a second instance takes its place
// while the first, which does not know yet, still sends.
import Basics
import BrokerProtocol

final class TransactionalWriter: SimulatedClient {
  /// What one transaction consists of, in this order.
  private enum Step: Int {
    case initialize, addPartitions, produceFirst, produceSecond, addOffsets, commitOffset, end
  }

  private struct Instance {
    var producer = ProducerID.none
    var epoch = ProducerEpoch.none
    var sequences: [Int32] = [0, 0]
  }

  private let id: String
  private let places: [TopicPartition]
  private var instance = Instance()
  private var step = Step.initialize
  private var ordinal: Int64 = 0
  private var commits = true
  private var nextValue = 0
  /// The records of this transaction, by partition.
  private var values: [[String]] = [[], []]
  private var awaitsAnswer = false
  /// The former instance, and what it did last: it tries to go on once.
  private var zombie: (instance: Instance, step: Step)?
  /// What the zombie has asked; its answer comes before those to later requests.
  private var zombieAsked: String?

  init(id: String, places: [TopicPartition]) { (self.id, self.places) = (id, places) }

  private var key: String { "\(id)#\(ordinal)" }

  func wake(_ world: Surroundings) {
    if !awaitsAnswer { act(world) }
    world.wake(within: .milliseconds(2000))
  }

  private func act(_ world: Surroundings) {
    if zombie != nil, step == .addPartitions || step == .produceFirst, sendAsZombie(world) { return }
    if step == .addPartitions, !world.isStormy { return }
    awaitsAnswer = true
    world.send(request(for: step, of: instance, world), version: 3)
  }

  private func request(for step: Step, of instance: Instance, _ world: Surroundings) -> Request {
    let (producer, epoch) = (instance.producer, instance.epoch)
    let topic = Scenery.records
    switch step {
    case .initialize:
      return .initProducerID(InitProducerIDRequest(transactionalID: id, transactionTimeout: .seconds(5)))
    case .addPartitions:
      let all = places.map { TopicEntry(name: $0.topic, partitions: [$0.partition]) }
      return .addPartitionsToTxn(
        .init(transactionalID: id, producerID: producer, producerEpoch: epoch, topics: all))
    case .produceFirst: return produce(0, as: instance)
    case .produceSecond: return produce(1, as: instance)
    case .addOffsets:
      return .addOffsetsToTxn(
        .init(transactionalID: id, producerID: producer, producerEpoch: epoch, groupID: id))
    case .commitOffset:
      let position = CommittedOffset(partition: PartitionID(0), offset: Offset(ordinal))
      return .txnOffsetCommit(
        .init(
          transactionalID: id, groupID: id, producerID: producer, producerEpoch: epoch,
          topics: [TopicEntry(name: topic, partitions: [position])]))
    case .end:
      if commits { world.model.asksToCommit(key) }
      return .endTxn(
        .init(transactionalID: id, producerID: producer, producerEpoch: epoch, commit: commits))
    }
  }

  private func produce(_ index: Int, as instance: Instance) -> Request {
    let records = RecordBatch.carrying(
      values[index], producer: instance.producer, epoch: instance.epoch,
      sequence: instance.sequences[index], transactional: true)
    let part = ProduceRequest.Partition(partition: places[index].partition, records: records)
    return .produce(
      ProduceRequest(
        transactionalID: id, topics: [TopicEntry(name: places[index].topic, partitions: [part])]))
  }
}

extension TransactionalWriter {
  func receive(_ response: Response, _ world: Surroundings) {
    if let asked = zombieAsked {
      zombieAsked = nil
      awaitsAnswer = false
      world.model.zombieWasAnswered(error(in: response), to: asked, of: id)
      return
    }
    awaitsAnswer = false
    if case .initProducerID(let answer) = response { return initialized(answer, world) }
    guard error(in: response) == .none else {
      step = .initialize  // whatever was open is aborted by the next instance
      return
    }
    advance(after: response, world)
  }

  private func initialized(_ answer: InitProducerIDResponse, _ world: Surroundings) {
    guard answer.error == .none else { return }
    instance = Instance(producer: answer.producerID, epoch: answer.producerEpoch)
    world.model.replace(id, by: answer.producerID, answer.producerEpoch)
    begin(world)
  }

  private func begin(_ world: Surroundings) {
    ordinal += 1
    commits = world.chance(2, in: 3)
    values = (0..<2).map { _ in
      let drawn = (0..<world.draw(1..<4)).map { "\(id):\(nextValue + $0)" }
      nextValue += drawn.count
      return drawn
    }
    world.model.begin(key, ordinal: ordinal, client: id)
    world.model.write(values[0] + values[1], in: key)
    step = .addPartitions
  }

  private func advance(after response: Response, _ world: Surroundings) {
    switch step {
    case .produceFirst: confirm(0, by: response, world)
    case .produceSecond: confirm(1, by: response, world)
    case .end:
      if commits { world.model.hasCommitted(key) }
      return begin(world)
    default: break
    }
    step = Step(rawValue: step.rawValue + 1) ?? .initialize
    if world.isStormy, world.chance(1, in: 25) {
      zombie = (instance, step)
      step = .initialize
    }
  }

  private func confirm(_ index: Int, by response: Response, _ world: Surroundings) {
    guard case .produce(let answer) = response else { return }
    instance.sequences[index] += Int32(values[index].count)
    world.model.acknowledge(
      values[index], in: places[index], at: answer.topics[0].partitions[0].baseOffset)
  }

  /// The former instance goes on as if nothing had happened.
  private func sendAsZombie(_ world: Surroundings) -> Bool {
    guard let (instance, step) = zombie, instance.epoch != self.instance.epoch else { return false }
    zombie = nil
    let isEnd = step == .end || world.chance(1, in: 2)
    let end = EndTxnRequest(
      transactionalID: id, producerID: instance.producer, producerEpoch: instance.epoch, commit: true)
    let late: Request = isEnd ? .endTxn(end) : request(for: .addPartitions, of: instance, world)
    zombieAsked = isEnd ? "end a transaction" : "add partitions"
    awaitsAnswer = true
    world.send(late, version: 3)
    return true
  }

  func disconnected(_ world: Surroundings) {
    zombieAsked = nil
    awaitsAnswer = false
    // Most go on with what was under way; some are started anew by whoever runs them.
    if world.chance(1, in: 10) { step = .initialize }
    act(world)
  }

  private func error(in response: Response) -> ErrorCode {
    switch response {
    case .produce(let answer): answer.topics[0].partitions[0].error
    case .addPartitionsToTxn(let answer):
      answer.topics.lazy.flatMap(\.partitions).first { $0.error != .none }?.error ?? .none
    case .addOffsetsToTxn(let answer): answer.error
    case .txnOffsetCommit(let answer): answer.topics[0].partitions[0].error
    case .endTxn(let answer): answer.error
    default: .none
    }
  }
}
