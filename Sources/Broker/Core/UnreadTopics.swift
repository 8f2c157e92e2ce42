// Topics whose compaction met batches that it cannot open: whoever runs the broker is told once of each, or
// would wonder why the topic does not become smaller.
import BrokerProtocol

/// What a compaction left as it was.
public struct UnreadBatches: Equatable, Sendable {
  public var topic: String
  public var partition: Int
  /// How many in that partition, at that moment.
  public var batches: Int
}

/// Belongs to the broker; forgotten with the process.
struct UnreadTopics {
  private var told: Set<TopicID> = []
  private var waiting: [UnreadBatches] = []

  mutating func note(_ unread: UnreadBatches, of topic: TopicID) {
    if told.insert(topic).inserted { waiting.append(unread) }
  }

  mutating func forget(_ topic: TopicID) { told.remove(topic) }

  mutating func take() -> [UnreadBatches] {
    defer { waiting = [] }
    return waiting
  }
}

extension Broker {
  /// What compactions could not open since the last call; each topic is named once.
  public func takeUnreadBatches() -> [UnreadBatches] { unreadTopics.take() }

  func noteUnread(_ batches: Int, in log: LogID) {
    guard let topic = state.topicOfLog[log].flatMap({ state.topics[$0] }),
      let partition = topic.logs.firstIndex(of: log)
    else { return }
    unreadTopics.note(
      UnreadBatches(topic: topic.name, partition: partition, batches: batches), of: topic.id)
  }
}
