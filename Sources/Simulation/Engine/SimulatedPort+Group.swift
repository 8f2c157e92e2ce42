// The membership in the group, kept up in the background whatever the worker does: it joins, beats and loses
// its seat on its own, and the worker learns of it when it polls. A rejoin waits until the worker has let go.
internal import Basics
internal import BrokerCore
internal import BrokerProtocol
internal import Runtime

/// ```
///   outside --join--> joining --> syncing --> seated --rebalance, loss--> leaving
///      ^------------------------------ the worker polls ----------------------+
/// ```
struct Membership {
  enum Phase: Equatable {
    case outside, joining, syncing, seated
    /// The worker must let go first.
    case leaving
    case fenced
  }

  enum News {
    case assigned([TopicPartition], generation: Int32, member: String)
    case revoked
  }

  var phase = Phase.outside
  var member = ""
  var generation: Int32 = -1
  var news: [News] = []
  /// What the leader hands out, by member.
  var plan: [(member: String, assignment: [TopicPartition])] = []
  var assignment: [TopicPartition] = []
  /// The seat was lost, not asked for.
  var isLost = false
  var lastHeard = Timestamp.zero
  var awaited: ReplyToken?
}

extension SimulatedPort {
  func pollGroup() throws(ClientFailure) -> [GroupEvent] {
    try call { () throws(ClientFailure) in
      if membership.phase == .fenced { throw .fenced("FENCED_INSTANCE_ID") }
      if membership.news.isEmpty, world.has(.patience, 1, in: 100) { throw .retry("all brokers are down") }
      let news = membership.news
      membership.news = []
      return news.map { hear($0) }
    }
  }

  private func hear(_ news: Membership.News) -> GroupEvent {
    right = nil
    switch news {
    case .assigned(let partitions, let generation, let member):
      // librdkafka's own view by now; it may have lost the seat again.
      guard generation == membership.generation, member == membership.member else { return .lost(told) }
      right = (generation, member)
      told = partitions
      return .assigned(partitions)
    case .revoked:
      let isLost = membership.isLost
      membership.isLost = false
      if membership.phase == .leaving {
        membership.phase = .outside
        process.planMember(after: .milliseconds(1))
      }
      return isLost ? .lost(told) : .revoked(told)
    }
  }

  /// The background has its turn: it asks what its phase demands, unless an answer is still due.
  func memberTurn() {
    guard !isDead, membership.phase != .fenced else { return }
    process.planMember(
      after: EngineWorld.sessionTimeout / 5 + .milliseconds(Int64(world.random.int(in: 0..<40))))
    switch membership.phase {
    case .outside: join()
    case .syncing: if membership.awaited == nil { sync() }
    case .joining: break
    case .seated, .leaving: beat()
    case .fenced: break
    }
  }

  private func join() {
    membership.phase = .joining
    membership.generation = -1
    let request = JoinGroupRequest(
      groupID: Self.group, sessionTimeout: EngineWorld.sessionTimeout, rebalanceTimeout: .seconds(3),
      memberID: membership.member, groupInstanceID: instance, protocolType: "consumer",
      protocols: [.init(name: "range")])
    send(.joinGroup(request), version: 5)
  }

  private func sync() {
    let request = SyncGroupRequest(
      groupID: Self.group, generation: membership.generation, memberID: membership.member,
      groupInstanceID: instance,
      assignments: membership.plan.map {
        .init(memberID: $0.member, assignment: ByteSlice(Self.bytes(of: $0.assignment)))
      })
    send(.syncGroup(request), version: 3)
  }

  private func send(_ request: Request, version: Int16) {
    let token = world.broker.nextToken()
    membership.awaited = token
    guard world.broker.isUp, !world.has(.network, 1, in: 40) else {
      return world.schedule(.unanswered(process: process.id, token), within: .milliseconds(500))
    }
    let address = ReplyAddress(connection: coordinating, token: token)
    world.broker.send(request, version: version, address, world.now)
  }

  func unanswered(_ token: ReplyToken) {
    if membership.awaited == token { membershipBroke() }
  }

  /// An answer is missing for too long, or its connection broke: whatever was asked is asked again.
  func membershipBroke() {
    guard membership.awaited != nil else { return }
    membership.awaited = nil
    reconnect(&coordinating)
    membership.phase = .outside
    process.planMember(after: .milliseconds(Int64(world.random.int(in: 1..<100))))
  }

  private func beat() {
    let request = HeartbeatRequest(
      groupID: Self.group, generation: membership.generation, memberID: membership.member,
      groupInstanceID: instance)
    let response = world.exchange(.heartbeat(request), version: 3, on: coordinating, of: process)
    guard case .heartbeat(let answer) = response else {
      if world.now - membership.lastHeard > EngineWorld.sessionTimeout { leave(isLost: true) }
      return
    }
    membership.lastHeard = world.now
    switch answer.error {
    case .none: break
    case .rebalanceInProgress: leave(isLost: false)
    case .fencedInstanceID: membership.phase = .fenced
    case .unknownMemberID:
      membership.member = ""
      leave(isLost: true)
    default: leave(isLost: true)
    }
  }

  /// The worker is told to let go; what it has not been told of yet it is told first.
  private func leave(isLost: Bool) {
    if isLost {
      membership.isLost = true
      membership.generation = -1
    }
    guard membership.phase == .seated else { return }
    membership.phase = .leaving
    membership.news.append(.revoked)
  }

  func receiveMembership(_ response: Response, _ token: ReplyToken) {
    guard membership.awaited == token else { return }
    membership.awaited = nil
    membership.lastHeard = world.now
    switch response {
    case .joinGroup(let answer): joined(answer)
    case .syncGroup(let answer): synced(answer)
    default: break
    }
  }

  private func joined(_ answer: JoinGroupResponse) {
    guard answer.error == .none else { return refused(answer.error) }
    membership.member = answer.memberID
    membership.generation = answer.generation
    membership.plan = answer.leader == answer.memberID ? plan(for: answer.members.map(\.memberID)) : []
    membership.phase = .syncing
    sync()
  }

  private func synced(_ answer: SyncGroupResponse) {
    guard answer.error == .none else { return refused(answer.error) }
    membership.phase = .seated
    membership.isLost = false
    membership.news.append(
      .assigned(
        Self.partitions(in: answer.assignment.bytes), generation: membership.generation,
        member: membership.member))
  }

  private func refused(_ error: ErrorCode) {
    switch error {
    case .fencedInstanceID: membership.phase = .fenced
    case .unknownMemberID:
      membership.member = ""
      membership.phase = .outside
    default: membership.phase = .outside
    }
  }

  /// Kafka's range assignor: of each topic a contiguous share for each member, in the order of their ids.
  private func plan(for members: [String]) -> [(member: String, assignment: [TopicPartition])] {
    let members = members.sorted()
    return members.enumerated().map { index, member in
      let shares = Workload.processors.flatMap { processor in
        let count = Int(world.workload.partitions)
        let start = index * (count / members.count) + min(index, count % members.count)
        let length = count / members.count + (index < count % members.count ? 1 : 0)
        return (start..<start + length).map {
          TopicPartition(topic: Workload.epochs(of: processor), partition: PartitionID(Int32($0)))
        }
      }
      return (member, shares)
    }
  }

  private static func bytes(of assignment: [TopicPartition]) -> [UInt8] {
    Array(assignment.map(\.description).joined(separator: " ").utf8)
  }

  private static func partitions(in bytes: [UInt8]) -> [TopicPartition] {
    String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap { name in
      let parts = name.split(separator: "/")
      return Int32(parts[1]).map { TopicPartition(topic: String(parts[0]), partition: PartitionID($0)) }
    }
  }
}
