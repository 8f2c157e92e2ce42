// Records at a steady rate, and how long each takes until what was folded from it can be read.
import Basics
import Kafka
import POSIX
import Synchronization

/// Sends and reads on a thread of its own; a record carries in its value when it was sent.
final class SteadyLoad: Sendable {
  private let bootstrap: String
  private let input: String
  private let output: String
  private let rate: Int
  private let count: Int
  private let result = Mutex<Result<[Duration], BenchFailure>?>(nil)
  private let thread = Mutex<Thread?>(nil)
  private let began = ContinuousClock.now

  init(_ world: EngineWorld, perSecond rate: Int, count: Int) {
    (bootstrap, input, output) = (world.bootstrap, world.input, "\(world.name).output")
    (self.rate, self.count) = (rate, count)
  }

  func start() throws {
    let started = try Thread("steady-load") { [self] in
      let outcome: Result<[Duration], BenchFailure>
      do { outcome = .success(try run()) } catch { outcome = .failure(BenchFailure("\(error)")) }
      result.withLock { $0 = outcome }
    }
    thread.withLock { $0 = started }
  }

  var isOver: Bool { result.withLock { $0 != nil } }

  func finish() throws -> Latency {
    thread.withLock { $0 }?.join()
    guard let times = try result.withLock({ $0 })?.get().sorted(), !times.isEmpty else {
      throw BenchFailure("no record came through")
    }
    return Latency(
      median_ms: times[times.count / 2] / .milliseconds(1),
      p99_ms: times[times.count * 99 / 100] / .milliseconds(1))
  }

  private func run() throws -> [Duration] {
    let producer = try Producer(["bootstrap.servers": bootstrap, "linger.ms": "1"])
    let consumer = try Consumer(["bootstrap.servers": bootstrap, "queued.min.messages": "1000000"])
    let queues = try EngineWorld.allPartitions(of: output).map { try consumer.start($0, at: .earliest) }
    var times: [Duration] = []
    times.reserveCapacity(count)
    let start = ContinuousClock.now
    var (sent, batches) = (0, [] as [ProduceBatch])
    var fetched = ConsumeBatch(capacity: 1000)
    while times.count < count {
      let elapsed = (ContinuousClock.now - start) / .seconds(1)
      guard elapsed < Double(count / rate + 120) else {
        throw BenchFailure("\(times.count) of \(count) came")
      }
      let due = min(count, Int(elapsed * Double(rate)))
      if due > sent {
        try send(sent..<due, by: producer, &batches)
        sent = due
      }
      producer.poll(.zero)
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
      consumer.wait(.milliseconds(1))
    }
    return times
  }

  private func send(_ numbers: Range<Int>, by producer: Producer, _ batches: inout [ProduceBatch]) throws {
    let batch = batches.first { !$0.isPending } ?? ProduceBatch(topic: input)
    if batch.isEmpty { batches.append(batch) }
    batch.removeAll()
    let padding = [UInt8](repeating: UInt8(ascii: " "), count: EngineWorld.valueBytes - 8)
    let now = UInt64((ContinuousClock.now - began) / .microseconds(1))
    var value: [UInt8] = []
    now.store(into: &value)
    value += padding
    for number in numbers {
      let key = Array("agent-\(number % 1000)".utf8)
      batch.append(
        to: PartitionID(Int32(number) % EngineWorld.partitions), key: unsafe key.span.bytes,
        value: unsafe value.span.bytes)
    }
    try producer.produce(batch, timeout: .seconds(10))
  }
}
