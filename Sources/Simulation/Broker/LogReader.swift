// A consumer without a group: reads a partition from its start, again and again, and tells the model what it
// was shown.
import Basics
import BrokerProtocol

final class LogReader: SimulatedClient {
  private let isolation: IsolationLevel
  private static let places = [Scenery.place(0), Scenery.place(1), Scenery.table, Scenery.trimmed]
  private var place = Scenery.place(0)
  private var next = Offset.zero
  private var isFetching = false

  /// Between two requests.
  private let pause_max: Duration

  init(_ isolation: IsolationLevel, pause_max: Duration) {
    (self.isolation, self.pause_max) = (isolation, pause_max)
  }

  func wake(_ world: Surroundings) {
    if !isFetching { fetch(world) }
  }

  func disconnected(_ world: Surroundings) { fetch(world) }

  private func fetch(_ world: Surroundings) {
    isFetching = true
    let part = FetchRequest.Partition(
      partition: place.partition, fetchOffset: next, maxBytes: Int32(world.draw(1..<4000)))
    world.send(
      .fetch(
        FetchRequest(
          maxWait: pause_max * world.draw(0..<3), minBytes: Int32(world.draw(0..<3)),
          isolation: isolation, topics: [TopicEntry(name: place.topic, partitions: [part])])),
      version: 12)
  }

  func receive(_ response: Response, _ world: Surroundings) {
    guard case .fetch(let answer) = response else { return }
    isFetching = false
    let part = answer.topics[0].partitions[0]
    switch part.error {
    case .none: take(part, world)
    case .offsetOutOfRange where place == Scenery.trimmed && next < part.logStartOffset:
      world.model.showStart(part.logStartOffset, of: place)
      next = part.logStartOffset
    case .offsetOutOfRange:
      world.model.report(.stability, "\(place) has nothing at \(next), where it was read before")
      next = .zero
    default: break  // the topic is not there yet
    }
    world.wake(within: world.isStormy ? pause_max : .milliseconds(1500))
  }

  private func take(_ part: FetchResponse.Partition, _ world: Surroundings) {
    let fetched = FetchedRecords(part)
    if fetched.isBroken { world.model.report(.stability, "\(place) gave broken batches at \(next)") }
    // A batch may begin before what was asked for.
    for (offset, value) in fetched.records where offset >= next {
      world.model.show(value, at: offset, of: place, isolation)
    }
    next = fetched.next ?? next
    if world.chance(1, in: 20) {
      place = Self.places[world.draw(0..<Self.places.count)]
      next = .zero
    }
  }
}
