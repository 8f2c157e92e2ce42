// A group's life told as a transcript: who says what, what is answered, what is written down.
import Basics
import BrokerProtocol
import Testing

@testable import BrokerCore

/// Speaks to one group and keeps what it answers, by the name of who asked.
private struct Transcript {
  var group = Group(GroupRecord(id: "g"), now: .zero)
  var now = Timestamp.zero
  var records = 0
  var joins: [String: JoinGroupResponse] = [:]
  var syncs: [String: SyncGroupResponse] = [:]
  private var askers: [UInt64: String] = [:]
  private var nextToken: UInt64 = 0

  mutating func address(of asker: String) -> ReplyAddress {
    nextToken += 1
    askers[nextToken] = asker
    return ReplyAddress(connection: ConnectionID(rawValue: 1), token: ReplyToken(rawValue: nextToken))
  }

  mutating func take(_ actions: [GroupAction]) {
    for action in actions {
      switch action {
      case .record: records += 1
      case .joined(let address, let response): joins[askers[address.token.rawValue] ?? ""] = response
      case .synced(let address, let response): syncs[askers[address.token.rawValue] ?? ""] = response
      }
    }
  }

  /// Joins under `id` ("" for a newcomer, who is then called `name`).
  mutating func join(
    _ name: String, id: String? = nil, instance: String? = nil, assignors: [String] = ["range"],
    metadata: [UInt8] = [], twice: Bool = false, skips: Bool = false
  ) {
    let request = JoinGroupRequest(
      groupID: "g", sessionTimeout: .seconds(10), rebalanceTimeout: .seconds(60), memberID: id ?? "",
      groupInstanceID: instance, protocolType: "consumer",
      protocols: assignors.map { .init(name: $0, metadata: ByteSlice(metadata)) })
    let caller = JoinCaller(
      address: address(of: name), newMemberID: name, joinsTwice: twice, knowsSkippedAssignment: skips)
    joins[name] = nil
    take(group.join(request, from: caller, now: now))
  }

  mutating func sync(_ name: String, generation: Int32, _ assignments: [String: UInt8] = [:]) {
    let request = SyncGroupRequest(
      groupID: "g", generation: generation, memberID: name,
      assignments: assignments.sorted { $0.key < $1.key }.map {
        .init(memberID: $0.key, assignment: ByteSlice([$0.value]))
      })
    syncs[name] = nil
    take(group.sync(request, from: address(of: name), now: now))
  }

  mutating func heartbeat(_ name: String, generation: Int32, instance: String? = nil) -> ErrorCode {
    group.heartbeat(
      HeartbeatRequest(groupID: "g", generation: generation, memberID: name, groupInstanceID: instance),
      now: now)
  }

  mutating func pass(_ duration: Duration) {
    now = now + duration
    take(group.tick(now: now))
  }

  /// Two members in generation 2, both with their share; "a" leads.
  static func stablePair(instances: [String: String] = [:]) -> Transcript {
    var talk = Transcript()
    talk.join("a", instance: instances["a"])
    talk.join("b", instance: instances["b"])
    talk.join("a", id: "a", instance: instances["a"])
    talk.sync("b", generation: 2)
    talk.sync("a", generation: 2, ["a": 1, "b": 2])
    return talk
  }
}

@Suite struct GroupTests {
  @Test("a lone member joins at once, leads, and gets what it assigns itself")
  func alone() {
    var talk = Transcript()
    talk.join("a", metadata: [7])
    #expect(talk.joins["a"]?.error == ErrorCode.none && talk.joins["a"]?.generation == 1)
    #expect(talk.joins["a"]?.leader == "a" && talk.joins["a"]?.protocolName == "range")
    #expect(talk.joins["a"]?.members.map(\.metadata.bytes) == [[7]])
    #expect(talk.records == 1)
    talk.sync("a", generation: 1, ["a": 9])
    #expect(talk.syncs["a"]?.assignment.bytes == [9])
    #expect(talk.group.record.phase == .stable && talk.records == 2)
  }

  @Test("a second member makes the first join again; only the leader learns who is there")
  func second() {
    var talk = Transcript()
    talk.join("a")
    talk.sync("a", generation: 1, ["a": 1])
    talk.join("b")
    #expect(talk.joins["b"] == nil)
    #expect(talk.heartbeat("a", generation: 1) == .rebalanceInProgress)
    talk.join("a", id: "a")
    #expect(talk.joins["a"]?.members.map(\.memberID) == ["a", "b"])
    #expect(talk.joins["b"]?.members.isEmpty == true && talk.joins["b"]?.leader == "a")
    #expect(talk.joins["b"]?.generation == 2)
    talk.sync("b", generation: 2)
    #expect(talk.syncs["b"] == nil)
    talk.sync("a", generation: 2, ["a": 1, "b": 2])
    #expect(talk.syncs["b"]?.assignment.bytes == [2])
    #expect(talk.heartbeat("b", generation: 2) == .none)
  }

  @Test("a newcomer is told its id first, and the group waits for it no longer than its session")
  func memberIDRequired() {
    var talk = Transcript()
    talk.join("a", twice: true)
    #expect(talk.joins["a"]?.error == .memberIDRequired && talk.joins["a"]?.memberID == "a")
    talk.join("a", id: "a", twice: true)
    #expect(talk.joins["a"]?.error == ErrorCode.none)
    talk.sync("a", generation: 1, ["a": 1])
    talk.join("b", twice: true)
    talk.join("c")
    talk.join("a", id: "a")
    #expect(talk.joins["a"] == nil)  // b was promised a place
    talk.pass(.seconds(10))
    #expect(talk.joins["a"]?.generation == 2 && talk.joins["c"]?.generation == 2)
    talk.join("b", id: "b")
    #expect(talk.joins["b"]?.error == .unknownMemberID)
  }

  @Test("a member that falls silent is lost, and the others rebalance")
  func sessionTimeout() {
    var talk = Transcript.stablePair()
    talk.pass(.seconds(6))
    #expect(talk.heartbeat("a", generation: 2) == .none)
    talk.pass(.seconds(6))
    #expect(talk.heartbeat("b", generation: 2) == .unknownMemberID)
    #expect(talk.heartbeat("a", generation: 2) == .rebalanceInProgress)
    talk.join("a", id: "a")
    #expect(talk.joins["a"]?.generation == 3 && talk.joins["a"]?.members.count == 1)
  }

  @Test("a rebalance goes on without those who do not join in time, and leadership moves")
  func rebalanceTimeout() {
    var talk = Transcript.stablePair()
    talk.join("c")
    talk.join("b", id: "b")
    for _ in 0..<12 {
      talk.pass(.seconds(5))
      _ = talk.heartbeat("a", generation: 2)  // lives, but does not join
    }
    #expect(talk.joins["b"]?.generation == 3 && talk.joins["b"]?.leader == "b")
    #expect(talk.heartbeat("a", generation: 2) == .unknownMemberID)
  }

  @Test("members that never sync are dropped when the rebalance's time is up")
  func syncTimeout() {
    var talk = Transcript()
    talk.join("a")
    talk.join("b")
    talk.join("a", id: "a")
    talk.sync("b", generation: 2)
    for _ in 0..<12 {
      talk.pass(.seconds(5))
      _ = talk.heartbeat("a", generation: 2)
    }
    #expect(talk.syncs["b"]?.error == .rebalanceInProgress)
    #expect(talk.heartbeat("a", generation: 2) == .unknownMemberID)
    talk.join("b", id: "b")
    #expect(talk.joins["b"]?.generation == 3 && talk.joins["b"]?.leader == "b")
  }

  @Test("leaving rebalances the rest; the last to leave empties the group")
  func leaving() {
    var talk = Transcript.stablePair()
    let (results, actions) = talk.group.leave([.init(memberID: "b"), .init(memberID: "x")], now: talk.now)
    talk.take(actions)
    #expect(results.map(\.error) == [.none, .unknownMemberID])
    #expect(talk.heartbeat("a", generation: 2) == .rebalanceInProgress)
    talk.join("a", id: "a")
    let last = talk.group.leave([.init(memberID: "a")], now: talk.now)
    talk.take(last.actions)
    #expect(talk.group.record.phase == .empty && talk.group.record.generation == 4)
    #expect(talk.group.isEmpty)
  }

  @Test("stale generations and strangers are told so")
  func refusals() {
    var talk = Transcript.stablePair()
    #expect(talk.heartbeat("a", generation: 1) == .illegalGeneration)
    #expect(talk.heartbeat("x", generation: 2) == .unknownMemberID)
    talk.sync("a", generation: 1)
    #expect(talk.syncs["a"]?.error == .illegalGeneration)
    talk.sync("x", generation: 2)
    #expect(talk.syncs["x"]?.error == .unknownMemberID)
    talk.join("c", assignors: ["roundrobin"])
    #expect(talk.joins["c"]?.error == .inconsistentGroupProtocol)
    #expect(talk.group.record.phase == .stable)
  }

  @Test("the assignor most members prefer among those all know is chosen")
  func assignors() {
    var talk = Transcript()
    talk.join("a", assignors: ["range", "sticky", "mine"])
    talk.join("b", assignors: ["sticky", "range"])
    talk.join("c", assignors: ["sticky", "range"])
    talk.join("a", id: "a", assignors: ["range", "sticky", "mine"])
    #expect(talk.joins["c"]?.protocolName == "sticky")
  }

  @Test("a lost answer is given again without a rebalance")
  func lostAnswers() {
    var talk = Transcript.stablePair()
    talk.join("b", id: "b")
    #expect(talk.joins["b"]?.generation == 2 && talk.group.record.phase == .stable)
    talk.sync("b", generation: 2)
    #expect(talk.syncs["b"]?.assignment.bytes == [2])
  }

  @Test("a static member that comes back keeps its share, and its former self is fenced")
  func staticReturn() {
    var talk = Transcript.stablePair(instances: ["a": "one", "b": "two"])
    talk.join("b2", instance: "two")
    #expect(talk.joins["b2"]?.error == ErrorCode.none && talk.joins["b2"]?.generation == 2)
    #expect(talk.group.record.phase == .stable)
    #expect(talk.heartbeat("b", generation: 2, instance: "two") == .fencedInstanceID)
    talk.sync("b2", generation: 2)
    #expect(talk.syncs["b2"]?.assignment.bytes == [2])
  }

  @Test("a static leader that comes back does not assign anew")
  func staticLeaderReturns() {
    var old = Transcript.stablePair(instances: ["a": "one", "b": "two"])
    old.join("a2", instance: "one")
    #expect(old.joins["a2"]?.leader == "a" && old.joins["a2"]?.members.isEmpty == true)
    var new = Transcript.stablePair(instances: ["a": "one", "b": "two"])
    new.join("a2", instance: "one", skips: true)
    #expect(new.joins["a2"]?.skipAssignment == true && new.joins["a2"]?.leader == "a2")
    #expect(new.joins["a2"]?.members.count == 2)
  }

  @Test("a static member that waits for an answer is fenced by its successor")
  func staticWaiting() {
    var talk = Transcript()
    talk.join("a", instance: "one")
    talk.sync("a", generation: 1, ["a": 1])
    talk.join("b", instance: "two")
    talk.join("b2", instance: "two")
    #expect(talk.joins["b"]?.error == .fencedInstanceID)
    talk.join("a", id: "a", instance: "one")
    #expect(talk.joins["b2"]?.generation == 2)
    #expect(talk.group.record.members.map(\.id) == ["a", "b2"])
  }

  @Test("absent static members keep their place until their session ends")
  func staticAbsence() {
    var talk = Transcript.stablePair(instances: ["a": "one", "b": "two"])
    talk.join("c")
    talk.join("a", id: "a", instance: "one")
    #expect(talk.joins["a"] == nil)
    talk.pass(.seconds(10))
    #expect(talk.joins["a"]?.generation == 3)
    #expect(talk.group.record.members.map(\.id) == ["a", "c"])
  }

  @Test("offsets: outsiders only while nobody is in, members of this generation, not while it syncs")
  func commits() {
    var talk = Transcript()
    func refusal(_ generation: Int32, _ member: String, transactional: Bool = false) -> ErrorCode? {
      talk.group.refusalToCommit(
        generation: generation, memberID: member, instance: nil, transactional: transactional, now: talk.now)
    }
    #expect(refusal(-1, "") == nil)
    talk.join("a")
    #expect(refusal(-1, "") == .unknownMemberID)
    #expect(refusal(-1, "", transactional: true) == nil)
    #expect(refusal(1, "a") == .rebalanceInProgress)
    #expect(refusal(1, "a", transactional: true) == nil)
    talk.sync("a", generation: 1, ["a": 1])
    #expect(refusal(1, "a") == nil)
    #expect(refusal(0, "a") == .illegalGeneration)
    #expect(refusal(0, "a", transactional: true) == .illegalGeneration)
    #expect(refusal(1, "x", transactional: true) == .unknownMemberID)
  }

  @Test("a group read back goes on where it stood, with new sessions")
  func readBack() throws {
    let talk = Transcript.stablePair()
    let bytes = Change.group(talk.group.record).encoded
    guard case .group(let record) = try Change(decoding: bytes) else { return }
    #expect(record == talk.group.record)
    var group = Group(record, now: Timestamp(milliseconds: 1_000_000))
    #expect(group.nextDeadline == Timestamp(milliseconds: 1_010_000))
    let heartbeat = HeartbeatRequest(groupID: "g", generation: 2, memberID: "b")
    #expect(group.heartbeat(heartbeat, now: Timestamp(milliseconds: 1_000_001)) == .none)
  }
}
