// Events on their way in, from a thread of its own, as a producer sends them that knows nothing of the
// rest.
import Basics
import Kafka
import POSIX
import Synchronization
import Testing

/// Publishes events keyed by execution and partitioned as Java's clients do, of 24 agents in 3 organizations;
/// now and then one that nobody can decode.
final class Load: Sendable {
  /// What its thread and its owner share.
  private final class Shared: Sendable {
    let isOver = Atomic(false)
    let failure = Mutex<String?>(nil)
  }

  private let shared = Shared()
  private let thread: Thread

  /// `burst` events every `pause`, until it is stopped or `limit` have been sent.
  init(_ world: World, burst: Int = 20, every pause: Duration = .milliseconds(10), limit: Int = .max) throws {
    let (bootstrap, prefix, partitions, shared) = (world.bootstrap, world.prefix, world.partitions, shared)
    thread = try Thread("load") {
      do {
        var number = 0
        var producer = try LoadProducer(bootstrap, prefix, partitions)
        while !shared.isOver.load(ordering: .relaxed), number < limit {
          do {
            number = try producer.send(from: number, count: min(burst, limit - number))
          } catch {
            // What is lost with it was never acknowledged; the topics say what there is.
            producer = try LoadProducer(bootstrap, prefix, partitions)
          }
          pauseThread(pause)
        }
        try producer.flush()
      } catch { shared.failure.withLock { $0 = "\(error)" } }
    }
  }

  /// Returns when everything is sent that will be.
  func stop() throws {
    shared.isOver.store(true, ordering: .relaxed)
    try wait()
  }

  func wait() throws {
    thread.join()
    if let failure = shared.failure.withLock(\.self) { throw TooLate(what: "publishing", seen: failure) }
  }
}

private final class LoadProducer {
  private let producer: Producer
  private let prefix: String
  private let partitions: Int32
  private static let types = [
    ("feedback", "feedback.given"), ("executions", "execution.completed"),
    ("retrievals", "retrieval.judged"),
  ]

  init(_ bootstrap: String, _ prefix: String, _ partitions: Int32) throws {
    (self.prefix, self.partitions) = (prefix, partitions)
    producer = try Producer(["bootstrap.servers": bootstrap, "reconnect.backoff.max.ms": "200"])
  }

  func send(from first: Int, count: Int) throws -> Int {
    for (topic, (noun, type)) in Self.types.enumerated() {
      let batch = ProduceBatch(topic: "\(prefix).\(noun)")
      for number in first..<first + count where number % 3 == topic {
        append(number, type, to: batch)
      }
      if !batch.isEmpty { try producer.produce(batch) }
    }
    producer.poll(.zero)
    return first + count
  }

  private func append(_ number: Int, _ type: String, to batch: ProduceBatch) {
    let execution = "run-\(number / 3)"
    let data =
      switch type {
      case "feedback.given": "{\"feedback_type\":\"thumbs_up\",\"execution_id\":\"\(execution)\"}"
      case "execution.completed": "{\"execution_id\":\"\(execution)\",\"status\":\"ok\"}"
      default: "{\"execution_id\":\"\(execution)\",\"chunk_id\":\"c\",\"relevant\":true}"
      }
    let (key, value) = (Array(execution.utf8), Array(data.utf8))
    batch.append(
      to: murmur2Partition(ofKey: execution, of: partitions), key: unsafe key.span.bytes,
      value: unsafe value.span.bytes)
    guard number % 97 != 0 else { return }
    let agent = number % 24
    let headers = [
      ("ce_specversion", "1.0"), ("ce_id", "e-\(number)"), ("ce_source", "/load"), ("ce_type", type),
      ("ce_time", systemTime().description), ("ce_organization", "org-\(agent % 3)"),
      ("ce_agent", "agent-\(agent)"),
      ("content-type", "application/json"),
    ]
    for (name, value) in headers {
      let (name, value) = (Array(name.utf8), Array(value.utf8))
      batch.appendHeader(unsafe name.span.bytes, unsafe value.span.bytes)
    }
  }

  func flush() throws {
    while true {
      do { return try producer.flush(.seconds(5)) } catch {
        guard case .retry = error else { throw error }
      }
    }
  }
}
