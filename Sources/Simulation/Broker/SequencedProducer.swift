// An idempotent producer with several batches under way. After a break it sends again whatever was not
// acknowledged.
import Basics
import BrokerProtocol

final class SequencedProducer: SimulatedClient {
  private struct Batch {
    var values: [String]
    var sequence: Int32
  }

  private let name: String
  private let place: TopicPartition
  private var identity: (ProducerID, ProducerEpoch)?
  /// Sent and not acknowledged, the oldest first.
  private var underWay: [Batch] = []
  private var nextSequence: Int32 = 0
  private var nextValue = 0
  /// As librdkafka's limit with idempotence.
  private static let underWay_max = 5

  init(name: String, place: TopicPartition) { (self.name, self.place) = (name, place) }

  func wake(_ world: Surroundings) {
    if identity == nil {
      world.send(.initProducerID(InitProducerIDRequest(transactionalID: nil)), version: 4)
    } else if world.isStormy, underWay.count < Self.underWay_max {
      let values = (0..<world.draw(1..<4)).map { "\(name):\(nextValue + $0)" }
      nextValue += values.count
      let batch = Batch(values: values, sequence: nextSequence)
      nextSequence += Int32(values.count)
      underWay.append(batch)
      send(batch, world)
    }
    if world.isStormy { world.wake(within: .milliseconds(2000)) }
  }

  private func send(_ batch: Batch, _ world: Surroundings) {
    guard let (producer, epoch) = identity else { return }
    let records = RecordBatch.carrying(
      batch.values, producer: producer, epoch: epoch, sequence: batch.sequence, transactional: false)
    let part = ProduceRequest.Partition(partition: place.partition, records: records)
    world.send(
      .produce(
        ProduceRequest(transactionalID: nil, topics: [TopicEntry(name: place.topic, partitions: [part])])),
      version: 9)
  }

  func receive(_ response: Response, _ world: Surroundings) {
    switch response {
    case .initProducerID(let answer):
      if identity == nil, answer.error == .none { identity = (answer.producerID, answer.producerEpoch) }
    case .produce(let answer):
      // Answers come in the order of the requests, so this one is the oldest batch's.
      guard let batch = underWay.first else { return }
      let part = answer.topics[0].partitions[0]
      if part.error == .none {
        underWay.removeFirst()
        world.model.acknowledge(batch.values, in: place, at: part.baseOffset)
      } else {
        world.hangUp()
      }
    default: break
    }
  }

  func disconnected(_ world: Surroundings) {
    if identity == nil { return wake(world) }
    for batch in underWay { send(batch, world) }
  }
}
