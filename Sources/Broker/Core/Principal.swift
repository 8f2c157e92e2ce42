// On whose behalf a request comes, and which topics, groups and transactional ids that one may use. They are
// named by how they begin, as Kafka's prefixed ACLs name them; what is named by nothing is denied.

/// Names by how they begin.
public struct NamePrefixes: Hashable, Sendable {
  /// An empty prefix stands for every name.
  public var prefixes: [String]

  public init(_ prefixes: [String]) { self.prefixes = prefixes }

  public static let all = NamePrefixes([""])
  public static let none = NamePrefixes([])

  func contain(_ name: String) -> Bool { prefixes.contains { name.utf8.starts(with: $0.utf8) } }
}

public struct Principal: Hashable, Sendable {
  public var name: String
  public var reads: NamePrefixes
  public var writes: NamePrefixes
  public var groups: NamePrefixes
  public var transactionalIDs: NamePrefixes

  public init(
    name: String, reads: NamePrefixes, writes: NamePrefixes, groups: NamePrefixes = .none,
    transactionalIDs: NamePrefixes = .none
  ) {
    self.name = name
    self.reads = reads
    self.writes = writes
    self.groups = groups
    self.transactionalIDs = transactionalIDs
  }

  /// Whoever connects where nobody has to sign on.
  public static let anyone = Principal(
    name: "anyone", reads: .all, writes: .all, groups: .all, transactionalIDs: .all)

  func mayRead(_ topic: String) -> Bool { reads.contain(topic) }
  func mayWrite(_ topic: String) -> Bool { writes.contain(topic) }
  /// Whether it may know that the topic is there.
  func maySee(_ topic: String) -> Bool { mayRead(topic) || mayWrite(topic) }
  /// Whether it may be a member, commit and ask for positions, describe and delete it.
  func mayUse(group: String) -> Bool { groups.contain(group) }
  /// Whether it may write under it and describe its transactions.
  func mayUse(transactionalID: String) -> Bool { transactionalIDs.contain(transactionalID) }
  /// Whether it may write anything: then it gets a producer id of its own.
  var maySomewhereWrite: Bool { !writes.prefixes.isEmpty }
}
