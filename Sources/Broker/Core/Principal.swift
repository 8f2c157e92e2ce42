// On whose behalf a request comes, and which topics that one may read and write.

/// Names topics by how they begin.
public struct TopicPrefixes: Hashable, Sendable {
  /// An empty prefix stands for every topic.
  public var prefixes: [String]

  public init(_ prefixes: [String]) { self.prefixes = prefixes }

  public static let all = TopicPrefixes([""])

  func contain(_ topic: String) -> Bool { prefixes.contains { topic.hasPrefix($0) } }
}

public struct Principal: Hashable, Sendable {
  public var name: String
  public var reads: TopicPrefixes
  public var writes: TopicPrefixes

  public init(name: String, reads: TopicPrefixes, writes: TopicPrefixes) {
    self.name = name
    self.reads = reads
    self.writes = writes
  }

  /// Whoever connects where nobody has to sign on.
  public static let anyone = Principal(name: "anyone", reads: .all, writes: .all)

  func mayRead(_ topic: String) -> Bool { reads.contain(topic) }
  func mayWrite(_ topic: String) -> Bool { writes.contain(topic) }
  /// Whether it may know that the topic is there.
  func maySee(_ topic: String) -> Bool { mayRead(topic) || mayWrite(topic) }
}
