// The real client port: librdkafka, over the wire. `KafkaPort+Reading.swift` reads partitions,
// `KafkaPort+Transaction.swift` is the producer; here are the group and the facts. Failures are sorted into
// `ClientFailure` here and nowhere else.
public import Basics
public import Kafka

/// How a worker reaches Kafka.
public struct KafkaPortSettings: Sendable {
  /// For every client: `bootstrap.servers`, security, and whatever else a person has set.
  public var client: ClientConfiguration
  public var group: String
  /// Stable per worker slot, across restarts: its seat in the group and its transactional id.
  public var instance: String
  public var sessionTimeout: Duration = .seconds(10)
  public var transactionTimeout: Duration = .seconds(10)
  /// How many bytes librdkafka may fetch ahead, over all partitions of a worker.
  public var prefetchBytesMax = 64 << 20
  /// How long a broker may wait for something to come. A partition that wants more must wait for its answer
  /// first, one after another of those that have come to their ends.
  var fetchWaitMax = Duration.milliseconds(100)
  /// How long one call may take.
  public var callTimeout: Duration = .seconds(5)

  public init(client: ClientConfiguration, group: String, instance: String) {
    self.client = client
    self.group = group
    self.instance = instance
  }
}

/// One worker's librdkafka handles; made and used on the worker's thread.
public final class KafkaPort: ClientPort {
  let settings: KafkaPortSettings
  private let events: ClientEvents
  private let epochsTopics: [String]
  private var member: GroupMember?
  private let admin: Admin
  let consumer: Consumer
  var producer: Producer?
  /// Its transaction may still have requests under way.
  var isInTransaction = false
  let retired = RetiredProducers()
  /// The right to commit the group's offsets, as of the last assignment that the worker was told of.
  var metadata: GroupMetadata?
  var queues: [TopicPartition: PartitionQueue] = [:]
  var fetched = ConsumeBatch(capacity: 1024)
  var outgoing = OutgoingBatches()
  private var assigned: [TopicPartition] = []
  private var partitionCounts: [String: Int32] = [:]

  /// `partitions` is how many input partitions the worker may have to read at once, about: they share the
  /// prefetch.
  public init(
    _ settings: KafkaPortSettings, epochsTopics: [String], partitions: Int,
    events: ClientEvents = ClientEvents()
  ) throws(KafkaError) {
    var settings = settings
    // Ten seconds, librdkafka's own, would be most of the time that a restarted broker is waited for.
    settings.client["reconnect.backoff.max.ms"] = settings.client["reconnect.backoff.max.ms"] ?? "500"
    self.settings = settings
    self.events = events
    self.epochsTopics = epochsTopics
    let perPartition_kb = max(64, (settings.prefetchBytesMax / max(1, partitions)) >> 10)
    consumer = try Consumer(
      settings.client.setting([
        "isolation.level": "read_committed", "queued.max.messages.kbytes": "\(perPartition_kb)",
        // A queue limited by messages pauses fetching for up to a second when it is full.
        "queued.min.messages": "1000000", "fetch.wait.max.ms": "\(settings.fetchWaitMax.milliseconds)",
        "fetch.error.backoff.ms": "50",
      ]), events: events)
    admin = try Admin(settings.client, timeout: settings.callTimeout, events: events)
  }

  /// A port that reads the past, without a group and without a transaction.
  public convenience init(readingWith client: ClientConfiguration, partitions: Int) throws(KafkaError) {
    var settings = KafkaPortSettings(client: client, group: "", instance: "")
    settings.fetchWaitMax = .milliseconds(5)
    try self.init(settings, epochsTopics: [], partitions: partitions)
  }

  public func pollGroup() throws(ClientFailure) -> [GroupEvent] {
    var told: [GroupEvent] = []
    do throws(KafkaError) {
      try joined().poll(.zero) { told += hear($0) }
    } catch {
      if error.isFencedInstance { throw .fenced(error.description) }
      // A handle that is of no more use is made anew; whatever it owned may be another's by now.
      if case .fatal = error {
        member = nil
        metadata = nil
        return told + [.lost(assigned)]
      }
      if told.isEmpty { throw ClientFailure(error) }
    }
    return told
  }

  private func joined() throws(KafkaError) -> GroupMember {
    if let member { return member }
    let new = try GroupMember(
      settings.client.setting([
        // What committed offsets of open transactions answer with: fencing stands on it.
        "isolation.level": "read_committed", "group.id": settings.group,
        "group.instance.id": settings.instance,
        "session.timeout.ms": "\(settings.sessionTimeout.milliseconds)",
        "heartbeat.interval.ms": "\(min(3000, settings.sessionTimeout.milliseconds / 3))",
      ]), events: events)
    try new.subscribe(epochsTopics)
    member = new
    return new
  }

  private func hear(_ news: GroupMember.Rebalance) -> [GroupEvent] {
    switch news {
    case .assigned(let partitions, let metadata):
      self.metadata = metadata
      assigned = partitions
      return [.assigned(partitions)]
    case .revoked(let partitions):
      metadata = nil
      return [.revoked(partitions)]
    case .lost(let partitions):
      metadata = nil
      return [.lost(partitions)]
    case .failed:
      metadata = nil
      return [.lost(assigned)]
    }
  }

  public func partitionCount(of topic: String) throws(ClientFailure) -> Int32 {
    if let count = partitionCounts[topic] { return count }
    let topics = try failing { () throws(KafkaError) in try admin.topics() }
    guard let count = topics[topic]?.partitions.count, count > 0 else {
      throw .refused("topic \(topic) does not exist")
    }
    partitionCounts[topic] = Int32(count)
    return Int32(count)
  }

  public func committedOffset(of partition: TopicPartition) throws(ClientFailure) -> Offset? {
    try failing { () throws(KafkaError) in
      // An offset inside an open transaction is asked for again later: other tasks must not wait for it.
      try joined().committed([partition], timeout: .milliseconds(200))[partition]
    }
  }

  public func bounds(of partitions: [TopicPartition]) throws(ClientFailure) -> [Range<Offset>] {
    try failing { () throws(KafkaError) in
      let firsts = try admin.offsets(Dictionary(partitions.map { ($0, .earliest) }) { first, _ in first })
      let ends = try admin.offsets(Dictionary(partitions.map { ($0, .latest) }) { first, _ in first })
      return partitions.map {
        let first = firsts[$0] ?? .zero
        return first..<max(first, ends[$0] ?? first)
      }
    }
  }

  public func wait(_ duration: Duration) { consumer.wait(duration) }

  public func close(deadline: Duration) {
    for queue in queues.values { queue.stop() }
    queues = [:]
    // What cannot be closed in time is left to the brokers' timeouts, as after a kill.
    try? member?.shutdown(deadline: deadline) { _ in }
    member = nil
    retireProducer()
  }

  deinit { retireProducer() }

  public func clusterID() throws(ClientFailure) -> String {
    try failing { () throws(KafkaError) in try admin.clusterID() }
  }

  /// Runs a call whose failure says nothing about a transaction.
  func failing<Result>(_ call: () throws(KafkaError) -> Result) throws(ClientFailure) -> Result {
    do throws(KafkaError) { return try call() } catch { throw ClientFailure(error) }
  }
}

extension KafkaError {
  /// Kafka's FENCED_INSTANCE_ID. Other kinds of fencing also befall healthy workers: a slow coordinator looks
  /// like a second producer.
  var isFencedInstance: Bool { cause?.code == 82 }
}

extension ClientFailure {
  /// A failure outside of a transaction.
  init(_ error: KafkaError) {
    if error.isFencedInstance {
      self = .fenced(error.description)
    } else if case .refused = error {
      self = .refused(error.description)
    } else {
      self = .retry(error.description)
    }
  }

  /// A failure of a step of a transaction.
  init(step error: KafkaError) {
    switch error {
    case .retry: self = .retry(error.description)
    case .abortTransaction: self = .abort(error.description)
    case .refused, .configuration: self = .refused(error.description)
    case .fenced where error.isFencedInstance: self = .fenced(error.description)
    case .fenced, .fatal: self = .unknown(error.description)
    }
  }
}
