// Producers that were given up in the middle of a transaction. librdkafka 2.0.2 ends the whole process, by a
// failed assertion in rdkafka_txnmgr.c, when a handle is destroyed while its request to add partitions to a
// transaction is under way.
internal import Kafka

/// Keeps such producers until nothing of theirs can be under way any more: a new producer of the same
/// transactional id has fenced them, and the time that librdkafka gives a request (`socket.timeout.ms`, 60 s)
/// has passed since. What is left when the process ends is never destroyed.
final class RetiredProducers {
  private var retired: [(producer: Producer, settledAt: ContinuousClock.Instant?)] = []

  private static let requestTimeMax = Duration.seconds(75)

  func add(_ producer: Producer) { retired.append((producer, nil)) }

  /// A new producer has been initialized.
  func settle(at now: ContinuousClock.Instant) {
    for index in retired.indices where retired[index].settledAt == nil { retired[index].settledAt = now }
  }

  func release(at now: ContinuousClock.Instant) {
    retired.removeAll { $0.settledAt.map { now - $0 > Self.requestTimeMax } ?? false }
  }

  deinit {
    for (producer, _) in retired { unsafe _ = Unmanaged.passRetained(producer) }
  }
}
