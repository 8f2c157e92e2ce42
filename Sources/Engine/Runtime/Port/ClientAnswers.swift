// What goes through a client port: news of the group, epochs on their way out, where they came to lie,
// failures.
public import Basics

/// What the group tells a member.
public enum GroupEvent: Hashable, Sendable {
  /// These partitions are its own from now on.
  case assigned([TopicPartition])
  /// They are no longer its own.
  case revoked([TopicPartition])
  /// They have not been its own for an unknown time.
  case lost([TopicPartition])
}

/// A client's failure, named for what the worker does about it.
public enum ClientFailure: Error, Hashable, Sendable {
  /// Nothing is lost: do the same again, later.
  case retry(String)
  /// The open transaction can only be aborted.
  case abort(String)
  /// The producer is of no more use, and what became of its transaction is not known.
  case unknown(String)
  /// Another worker runs under this instance id: this one ends.
  case fenced(String)
  /// The brokers refuse, and would again: a topic or an offset that is not there.
  case refused(String)

  public var reason: String {
    switch self {
    case .retry(let reason), .abort(let reason), .unknown(let reason), .fenced(let reason),
      .refused(let reason):
      reason
    }
  }
}

/// Where an epoch's records came to lie.
public struct DeliveredEpoch: Hashable, Sendable {
  /// The epoch record.
  public var record: Offset
  /// The last change of each store; nil where the epoch changed nothing.
  public var changelogs: [Offset?]

  public init(record: Offset, changelogs: [Offset?]) {
    self.record = record
    self.changelogs = changelogs
  }
}

/// One task's epoch on its way out, with the topics that its records' numbers stand for.
public struct Publication: Sendable {
  public let buffer: EpochBuffer
  public let outputTopics: [String]
  public let changelogTopics: [String]
  public let quarantineTopic: String
  /// Where the epoch record goes.
  public let epochs: TopicPartition
}
