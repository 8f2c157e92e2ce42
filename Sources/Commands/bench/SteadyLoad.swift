// Records at a steady rate, and how long each takes until what was folded from it can be read.
import Basics
import Kafka
import POSIX
import Synchronization

/// Sends and reads on a thread of its own; a record carries in its value when it was due, so that a sender
/// who is held up does not hide what he held up.
final class SteadyLoad: Sendable {
  private let bootstrap: String
  private let input: String
  private let output: String
  private let pace: Pace
  private let count: Int
  private let result = Mutex<Result<Outcome, BenchFailure>?>(nil)
  private let thread = Mutex<Thread?>(nil)
  private let began = ContinuousClock.now

  enum Pace: Sendable {
    case perSecond(Int)
    /// As fast as they come back: this many are on their way at most.
    case window(Int)
  }

  struct Outcome: Sendable {
    var times: [Duration] = []
    var elapsed = Duration.zero

    var recordsPerSecond: Int { Int(Double(times.count) / (elapsed / .seconds(1))) }
  }

  init(_ world: EngineWorld, _ pace: Pace, count: Int) {
    (bootstrap, input, output) = (world.bootstrap, world.input, "\(world.name).output")
    (self.pace, self.count) = (pace, count)
  }

  func start() throws {
    let started = try Thread("steady-load") { [self] in
      let outcome: Result<Outcome, BenchFailure>
      do { outcome = .success(try run()) } catch { outcome = .failure(BenchFailure("\(error)")) }
      result.withLock { $0 = outcome }
    }
    thread.withLock { $0 = started }
  }

  var isOver: Bool { result.withLock { $0 != nil } }

  func finish() throws -> Outcome {
    thread.withLock { $0 }?.join()
    guard let outcome = try result.withLock({ $0 })?.get(), !outcome.times.isEmpty else {
      throw BenchFailure("no record came through")
    }
    return outcome
  }

  private func run() throws -> Outcome {
    let producer = try Producer(["bootstrap.servers": bootstrap, "batch.num.messages": "1000000"])
    let consumer = try Consumer(["bootstrap.servers": bootstrap, "queued.min.messages": "1000000"])
    let queues = try EngineWorld.allPartitions(of: output).map { try consumer.start($0, at: .earliest) }
    var outcome = Outcome()
    outcome.times.reserveCapacity(count)
    var fetched = ConsumeBatch(capacity: 1000)
    let batch = ProduceBatch(topic: input)
    // Clients that have just been made take half a second to find their brokers.
    try send(0..<Int(EngineWorld.partitions), in: batch, by: producer, since: began)
    while outcome.times.count < batch.count {
      producer.poll(.milliseconds(1))
      try receive(from: queues, &fetched, into: &outcome.times)
    }
    outcome.times.removeAll(keepingCapacity: true)
    let start = ContinuousClock.now
    var sent = 0
    while outcome.times.count < count {
      let elapsed = ContinuousClock.now - start
      guard elapsed < .seconds(180) else { throw BenchFailure("\(outcome.times.count) of \(count) came") }
      // One request of a partition at a time is all that an idempotent librdkafka sends.
      let due = min(count, sent + Self.sendMax, due(at: elapsed, outcome.times.count))
      if due > sent, !batch.isPending {
        try send(sent..<due, in: batch, by: producer, since: start)
        sent = due
      }
      producer.poll(.zero)
      try receive(from: queues, &fetched, into: &outcome.times)
      consumer.wait(.milliseconds(1))
    }
    outcome.elapsed = ContinuousClock.now - start
    return outcome
  }

  private static let sendMax = 20_000

  private func due(at elapsed: Duration, _ received: Int) -> Int {
    switch pace {
    case .perSecond(let rate): Int(elapsed / .seconds(1) * Double(rate))
    case .window(let window): received + window
    }
  }

  /// When a record was to be sent, in microseconds since `began`.
  private func dueTime(_ number: Int, since start: ContinuousClock.Instant) -> UInt64 {
    switch pace {
    case .perSecond(let rate):
      UInt64((start - began) / .microseconds(1) + Double(number) / Double(rate) * 1e6)
    case .window: UInt64((ContinuousClock.now - began) / .microseconds(1))
    }
  }

  private func receive(
    from queues: [PartitionQueue], _ fetched: inout ConsumeBatch, into times: inout [Duration]
  ) throws {
    for queue in queues {
      repeat {
        try queue.read(into: &fetched)
        let now = ContinuousClock.now - began
        for index in 0..<fetched.count {
          guard let value = fetched[index].value else { continue }
          times.append(now - .microseconds(Int64(UInt64(stored: value.extracting(first: 8)) ?? 0)))
        }
      } while fetched.count == fetched.capacity
    }
  }

  private func send(
    _ numbers: Range<Int>, in batch: ProduceBatch, by producer: Producer,
    since start: ContinuousClock.Instant
  ) throws {
    batch.removeAll()
    let padding = [UInt8](repeating: UInt8(ascii: " "), count: EngineWorld.valueBytes - 8)
    for number in numbers {
      var value: [UInt8] = []
      dueTime(number, since: start).store(into: &value)
      value += padding
      let key = Array("agent-\(number % 1000)".utf8)
      batch.append(
        to: PartitionID(Int32(number) % EngineWorld.partitions), key: unsafe key.span.bytes,
        value: unsafe value.span.bytes)
    }
    try producer.produce(batch, timeout: .seconds(10))
  }
}
