// Who may do what: each request is asked once about what is one's own and once about what is another's.
import Basics
import BrokerProtocol
import Testing

@testable import BrokerCore

@Suite struct AuthorizationTests {
  private static let alice = Principal(
    name: "alice", reads: NamePrefixes(["own."]), writes: NamePrefixes(["own."]),
    groups: NamePrefixes(["own."]), transactionalIDs: NamePrefixes(["own."]))
  private static let refusals: Set<ErrorCode> = [
    .topicAuthorizationFailed, .groupAuthorizationFailed, .transactionalIDAuthorizationFailed,
    .clusterAuthorizationFailed,
  ]

  /// A broker with a topic, a group with a position and an open transaction of everybody's.
  private struct World {
    let talk: Conversation
    private var producers: [String: TransactionalClient] = [:]

    init() throws {
      talk = try Conversation()
      for owner in ["own", "other"] {
        try talk.create("\(owner).t")
        #expect(try talk.produce(.of(["a", "b"]), to: "\(owner).t").error == .none)
      }
      for owner in ["own", "other"] {
        // Everything is known to both, so that a refusal is the principal's and not the transaction's.
        let client = try TransactionalClient(talk, id: "\(owner).x")
        for name in ["own", "other"] {
          let position = CommittedOffset(partition: PartitionID(0), offset: Offset(1))
          let commit = OffsetCommitRequest(
            groupID: "\(owner).g", topics: [TopicEntry(name: "\(name).t", partitions: [position])])
          _ = try talk.ask(.offsetCommit(commit), version: 8)
          #expect(try client.add("\(name).t") == .none)
          #expect(try client.addOffsets(of: "\(name).g") == .none)
        }
        producers["\(owner).x"] = client
      }
      try talk.flush()
    }

    func names(foreign: GuardedRequest.Name?) -> GuardedRequest.Names {
      let id = foreign == .transactionalID ? "other.x" : "own.x"
      return GuardedRequest.Names(
        topic: foreign == .topic ? "other.t" : "own.t", group: foreign == .group ? "other.g" : "own.g",
        transactionalID: id, producer: producers[id]?.producer ?? .none,
        epoch: producers[id]?.epoch ?? .none)
    }

    /// All that the answer says of errors.
    func errors(of request: GuardedRequest, _ names: GuardedRequest.Names) throws -> [ErrorCode] {
      let version = request.key.versions.served.upperBound
      return collected(try talk.ask(request.make(names), version: version)).filter { $0 != .none }
    }

    private func collected(_ value: Any) -> [ErrorCode] {
      if let error = value as? ErrorCode { return [error] }
      return Mirror(reflecting: value).children.flatMap { collected($0.value) }
    }
  }

  @Test(
    "what is somebody else's is refused, by Kafka's error, and stays as it is", arguments: GuardedRequest.all)
  func refused(request: GuardedRequest) throws {
    let world = try World()
    let before = world.talk.broker.state.written
    world.talk.principal = Self.alice
    let errors = try world.errors(of: request, world.names(foreign: request.foreign))
    #expect(!errors.isEmpty && errors.allSatisfy { $0 == request.error })
    #expect(world.talk.broker.state.written == before)
    #expect(try !world.errors(of: request, world.names(foreign: nil)).contains { Self.refusals.contains($0) })
  }

  @Test(
    "reading a topic gives no right to write it, nor the other way round", arguments: GuardedRequest.ofTopics)
  func rights(request: GuardedRequest) throws {
    for right in [GuardedRequest.Right.read, .write] {
      let world = try World()
      world.talk.principal = Principal(
        name: "bob", reads: right == .read ? .all : .none, writes: right == .write ? .all : .none,
        groups: .all, transactionalIDs: .all)
      let isRefused = try world.errors(of: request, world.names(foreign: nil)).contains(request.error)
      #expect(isRefused == (request.right != .either && request.right != right))
    }
  }

  @Test("each request is guarded, or names nothing that could be somebody else's")
  func complete() {
    let open: Set<APIKey> = [
      .apiVersions, .saslHandshake, .saslAuthenticate, .describeCluster, .listGroups, .listTransactions,
    ]
    #expect(Set(GuardedRequest.all.map(\.key)).union(open) == Set(APIKey.allCases))
    #expect(open.isDisjoint(with: GuardedRequest.all.map(\.key)))
  }

  @Test("lists show one's own alone: topics, groups, positions, transactions and their topics")
  func lists() throws {
    let talk = try World().talk
    talk.principal = Self.alice
    guard case .listGroups(let groups) = try talk.ask(.listGroups(ListGroupsRequest(states: [])), version: 5),
      case .listTransactions(let transactions) = try talk.ask(
        .listTransactions(ListTransactionsRequest(states: [])), version: 0),
      case .metadata(let metadata) = try talk.ask(.metadata(MetadataRequest(topics: nil)), version: 12),
      case .offsetFetch(let positions) = try talk.ask(
        .offsetFetch(OffsetFetchRequest(groups: [.init(groupID: "own.g")])), version: 8),
      case .describeTransactions(let described) = try talk.ask(
        .describeTransactions(DescribeTransactionsRequest(transactionalIDs: ["own.x"])), version: 0)
    else { throw Conversation.NoAnswer() }
    #expect(groups.groups.map(\.groupID) == ["own.g"])
    #expect(transactions.transactions.map(\.transactionalID) == ["own.x"])
    #expect(metadata.topics.map(\.name) == ["own.t"])
    #expect(positions.groups[0].topics.map(\.name) == ["own.t"])
    #expect(described.transactions[0].topics.map(\.name) == ["own.t"])
  }

  @Test("only who may write something gets a producer id")
  func producerIDs() throws {
    let talk = try Conversation()
    let request = Request.initProducerID(InitProducerIDRequest(transactionalID: nil))
    talk.principal = Principal(name: "reader", reads: .all, writes: .none)
    guard case .initProducerID(let refused) = try talk.ask(request, version: 4) else { return }
    #expect(refused.error == .clusterAuthorizationFailed)
    talk.principal = Self.alice
    guard case .initProducerID(let given) = try talk.ask(request, version: 4) else { return }
    #expect(given.error == .none)
  }

  @Test("whether a name is there, a refusal does not tell", arguments: GuardedRequest.all)
  func missing(request: GuardedRequest) throws {
    let world = try World()
    world.talk.principal = Self.alice
    var names = world.names(foreign: request.foreign)
    let told = try world.errors(of: request, names)
    switch request.foreign {
    case .topic: names.topic = "other.missing"
    case .group: names.group = "other.missing"
    case .transactionalID: names.transactionalID = "other.missing"
    }
    #expect(try world.errors(of: request, names) == told)
  }
}
