// The mix at a fixed rate, and how long a correction takes until its learning example can be read: through
// two processors, each of which commits.
import Basics
import Kafka
import POSIX

/// Sends for some seconds and reads what comes of it, on the calling thread.
struct LoopLoad {
  private let bootstrap: String
  private let rate: Int
  private let seconds: Int
  private let seed: UInt64

  init(_ bootstrap: String, rate: Int, seconds: Int, seed: UInt64) {
    (self.bootstrap, self.rate, self.seconds, self.seed) = (bootstrap, rate, seconds, seed)
  }

  /// Of each correction, from when it was due to be sent until its example was read; and of each rehearsed
  /// rollback until its decision.
  func run() throws -> (examples: LoopLatency, decisions: LoopLatency) {
    let producer = try Producer(
      ClientConfiguration(Load.producer.merging(["bootstrap.servers": bootstrap]) { $1 }))
    let consumer = try Consumer([
      "bootstrap.servers": bootstrap, "isolation.level": "read_committed", "fetch.wait.max.ms": "10",
    ])
    let queues = try (0..<LoopEvents.partitions).map {
      try consumer.start(
        TopicPartition(topic: "ratchet.learning-examples", partition: PartitionID($0)), at: .latest)
    }
    var fetched = ConsumeBatch(capacity: 1000)
    var events = LoopEvents("load-\(rate)", seed: seed)
    var pending: [[ProduceBatch]] = []
    let drills = try LoopDrills(bootstrap)
    var times: [Duration] = []
    // An example is told again whenever something is added to it.
    var seen: Set<Int64> = []
    let start = ContinuousClock.now
    let end = start + .seconds(seconds + 10)
    while ContinuousClock.now < end, events.count < rate * seconds || times.count < events.marked {
      let elapsed = ContinuousClock.now - start
      let due = min(rate * seconds, Int(elapsed / .seconds(1) * Double(rate)))
      if due > events.count {
        let batches = LoopEvents.topics.map { ProduceBatch(topic: "ratchet.\($0)") }
        let now = systemTime()
        while events.count < due {
          events.add(to: batches, at: now, mark: Int64(Double(events.count) / Double(rate) * 1e6))
        }
        for batch in batches where !batch.isEmpty { try producer.produce(batch, timeout: .seconds(10)) }
        pending.append(batches)
      }
      try drills.turn(elapsed, sends: events.count < rate * seconds)
      producer.poll(.zero)
      pending.removeAll { $0.allSatisfy { !$0.isPending } }
      for queue in queues {
        try queue.read(into: &fetched)
        let now = ContinuousClock.now - start
        for index in 0..<fetched.count {
          guard let mark = LoopEvents.mark(fetched[index]), seen.insert(mark).inserted else { continue }
          times.append(now - .microseconds(mark))
        }
      }
      consumer.wait(.milliseconds(1))
    }
    return (LoopLatency(times, of: events.marked), LoopLatency(drills.times, of: drills.sent))
  }
}

/// Times from sending to reading.
struct LoopLatency {
  let sent: Int
  let sorted: [Duration]

  init(_ times: [Duration], of sent: Int) {
    self.sent = sent
    sorted = times.sorted()
  }

  /// `what` is what was sent, in the plural.
  func text(_ what: String) -> String {
    "p50 \(sorted[sorted.count / 2].milliseconds) ms, "
      + "p99 \(sorted[sorted.count * 99 / 100].milliseconds) ms, \(sorted.count) of \(sent) \(what)"
  }
}
