// Everything the broker remembers beside the logs' bytes. It changes in `apply` and nowhere else: while
// requests are answered, and when the journal is read again after a start.
import Basics
import BrokerProtocol

struct BrokerState: Sendable {
  /// The journal's own time, behind the given time by less than `clockStep`.
  private(set) var clock = Timestamp.zero
  private(set) var nextProducerID = ProducerID(1)
  private(set) var nextLog = LogID(1)
  private(set) var topics: [String: Topic] = [:]
  private(set) var topicNames: [TopicID: String] = [:]
  private(set) var topicOfLog: [LogID: String] = [:]
  private(set) var partitions: [LogID: PartitionState] = [:]
  private(set) var groups: [String: GroupRecord] = [:]
  private(set) var offsets: [String: GroupOffsets] = [:]
  private(set) var transactions: [String: TransactionState] = [:]
  /// Which transactional id a producer's number belongs to.
  private(set) var transactionalIDs: [ProducerID: String] = [:]

  /// What lapses by age lapses after hours: a second more or less is nobody's concern.
  static let clockStep: Duration = .seconds(1)

  func topic(_ id: TopicID) -> Topic? { topicNames[id].flatMap { topics[$0] } }

  func log(of partition: TopicPartition) -> LogID? { topics[partition.topic]?.log(of: partition.partition) }
}

extension BrokerState {
  /// One entry of the journal, when it is read again.
  mutating func apply(_ entry: JournalEntry) throws(MalformedChange) {
    switch entry {
    case .state(let bytes): apply(try Change(decoding: bytes))
    case .append(let log, let batch): append(batch, to: log)
    case .trim(let log, let below): trim(log, below: below)
    case .replace(let log, let replacement): clean(log, below: replacement.cleanedBelow)
    case .roll, .create, .remove: break
    }
  }

  mutating func append(_ batch: RecordBatch, to log: LogID) {
    partitions[log]?.append(batch, now: clock)
  }

  mutating func trim(_ log: LogID, below start: Offset) {
    partitions[log]?.trim(to: start)
  }

  /// A compaction has taken the aborted records below away, so readers need not be told of them.
  mutating func clean(_ log: LogID, below end: Offset) {
    partitions[log]?.trim(to: end)
  }

  /// Markers below `end` have become durable; not a change, for what is read again always is.
  mutating func becameDurable(_ log: LogID, to end: Offset) {
    partitions[log]?.becameDurable(to: end)
  }

  mutating func apply(_ change: Change) {
    switch change {
    case .clock(let time): clock = max(clock, time)
    case .counters(let producer, let log):
      nextProducerID = max(nextProducerID, producer)
      nextLog = max(nextLog, log)
    case .topic(let topic): keep(topic)
    case .topicRemoved(let name): removeTopic(name)
    case .group(let record): groups[record.id] = record
    case .groupRemoved(let id):
      groups[id] = nil
      offsets[id] = nil
    case .offsets(let group, let committed): offsets[group, default: GroupOffsets()].commit(committed)
    case .offsetsRemoved(let group, let partitions): update(group) { $0.remove(partitions) }
    case .offsetsPending(let group, let producer, let held):
      offsets[group, default: GroupOffsets()].hold(held, for: producer)
    case .offsetsEnded(let group, let producer, let commit):
      update(group) { $0.end(producer, commit: commit) }
    case .transaction(let transaction): keep(transaction)
    case .transactionRemoved(let id):
      if let former = transactions.removeValue(forKey: id) { transactionalIDs[former.producerID] = nil }
    case .producersRemoved(let log, let producers):
      for producer in producers { partitions[log]?.remove(producer) }
    case .producer(let log, let producer): partitions[log]?.restore(producer)
    case .aborted(let log, let ranges): partitions[log]?.restore(aborted: ranges)
    }
  }

  private mutating func keep(_ topic: Topic) {
    topics[topic.name] = topic
    topicNames[topic.id] = topic.name
    for log in topic.logs where partitions[log] == nil {
      partitions[log] = PartitionState()
      topicOfLog[log] = topic.name
    }
  }

  private mutating func removeTopic(_ name: String) {
    guard let topic = topics.removeValue(forKey: name) else { return }
    topicNames[topic.id] = nil
    for log in topic.logs {
      partitions[log] = nil
      topicOfLog[log] = nil
    }
    for group in offsets.keys.sorted() { update(group) { $0.remove(topic: name) } }
    for id in transactions.keys { transactions[id]?.forget(topic: name) }
  }

  private mutating func keep(_ transaction: TransactionState) {
    if let former = transactions[transaction.id], former.producerID != transaction.producerID {
      transactionalIDs[former.producerID] = nil
    }
    transactions[transaction.id] = transaction
    transactionalIDs[transaction.producerID] = transaction.id
  }

  private mutating func update(_ group: String, _ body: (inout GroupOffsets) -> Void) {
    guard var groupOffsets = offsets.removeValue(forKey: group) else { return }
    body(&groupOffsets)
    if !groupOffsets.isEmpty { offsets[group] = groupOffsets }
  }
}

extension BrokerState {
  /// The changes that make this state out of nothing, always in the same order.
  var checkpoint: [Change] {
    let logs = partitions.sorted { $0.key < $1.key }
    let offsets = offsets.sorted { $0.key < $1.key }
    return [.clock(clock), .counters(producer: nextProducerID, log: nextLog)]
      + topics.values.sorted { $0.name < $1.name }.map(Change.topic)
      + logs.flatMap { log, state in
        state.producers.values.sorted { $0.id < $1.id }.map { Change.producer(log, $0) }
      }
      + logs.filter { !$0.value.aborted.isEmpty }.map { Change.aborted($0.key, $0.value.aborted) }
      + groups.values.sorted { $0.id < $1.id }.map(Change.group)
      + offsets.filter { !$0.value.committed.isEmpty }.map {
        Change.offsets(group: $0.key, $0.value.committed)
      }
      + offsets.flatMap { group, offsets in
        offsets.pending.sorted { $0.key < $1.key }.map {
          Change.offsetsPending(group: group, $0.key, $0.value)
        }
      }
      + transactions.values.sorted { $0.id < $1.id }.map(Change.transaction)
  }
}
