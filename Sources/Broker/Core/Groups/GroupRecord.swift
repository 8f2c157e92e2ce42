// What the broker remembers of a consumer group across a restart: its members and the generation they agreed
// on. Who waits for an answer and whose session runs out when stands in Group, which is built from this.
import Basics
import BrokerProtocol

struct GroupRecord: Equatable, Sendable {
  /// Where the group stood when it was written down; `Group` draws how the phases follow each other.
  enum Phase: UInt8, Sendable {
    case empty, joining, syncing, stable
  }

  let id: String
  var phase = Phase.empty
  /// Counts the completed rebalances; 0 before the first.
  var generation: Int32 = 0
  /// What kind of clients share this group ("consumer"), or last did; nil until the first member joins.
  var protocolType: String?
  /// The assignor all members of this generation know.
  var protocolName: String?
  var leader: String?
  /// In the order they joined.
  var members: [GroupMember] = []
  /// When the last member went, or when offsets were first committed without members.
  var emptySince = Timestamp.none

  init(id: String) { self.id = id }

  func member(_ id: String) -> GroupMember? { members.first { $0.id == id } }

  func member(instance: String) -> GroupMember? { members.first { $0.instanceID == instance } }

  func index(of memberID: String) -> Int? { members.firstIndex { $0.id == memberID } }
}

struct GroupMember: Equatable, Sendable {
  struct Assignor: Equatable, Sendable {
    var name: String
    var metadata: [UInt8]
  }

  var id: String
  /// Set for a static member (KIP-345), which keeps its place while it is away for less than its session
  /// timeout.
  var instanceID: String?
  var sessionTimeout: Duration
  var rebalanceTimeout: Duration
  /// The assignors it knows, the dearest first.
  var assignors: [Assignor]
  /// Its share in this generation; empty until the leader has synced.
  var assignment: [UInt8] = []

  func metadata(for assignor: String?) -> [UInt8] {
    assignors.first { $0.name == assignor }?.metadata ?? []
  }
}

extension GroupRecord {
  /// The assignor of the next generation: among those every member knows, the one most members like best.
  /// The first member's preference breaks a tie.
  var preferredAssignor: String? {
    guard let first = members.first else { return nil }
    let shared = first.assignors.map(\.name).filter { knownToAll($0) }
    let votes = members.compactMap { member in
      member.assignors.first { shared.contains($0.name) }?.name
    }
    var best: (name: String, votes: Int)?
    for name in shared {
      let count = votes.count { $0 == name }
      if best.map({ count > $0.votes }) ?? true { best = (name, count) }
    }
    return best?.name
  }

  func knownToAll(_ assignor: String) -> Bool {
    members.allSatisfy { member in member.assignors.contains { $0.name == assignor } }
  }

  /// How long a rebalance waits for the slowest member.
  var rebalanceTimeout: Duration { members.map(\.rebalanceTimeout).max() ?? .zero }
}
