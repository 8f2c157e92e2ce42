// How members enter a group: for the first time, again, or in the place of their former self.
import Basics
import BrokerProtocol

/// Who asks to join, beside what the request says.
struct JoinCaller: Sendable {
  var address: ReplyAddress
  /// The id it gets if it has none.
  var newMemberID: String
  /// From version 4 on: a newcomer is told its id first and joins with it, so that a lost answer leaves no
  /// ghost.
  var joinsTwice: Bool
  /// From version 9 on: a returning static leader is told to leave the assignment as it is.
  var knowsSkippedAssignment: Bool
  var clientID = ""
}

extension Group {
  mutating func join(_ request: JoinGroupRequest, from caller: JoinCaller, now: Timestamp) -> [GroupAction] {
    guard speaksWithOthers(request) else {
      return [refuse(caller.address, .inconsistentGroupProtocol, memberID: request.memberID)]
    }
    if request.memberID.isEmpty { return admit(request, caller, now: now) }
    if promised.removeValue(forKey: request.memberID) != nil {
      return add(request, as: request.memberID, caller, now: now)
    }
    if let refusal = refusal(of: request.memberID, instance: request.groupInstanceID) {
      return [refuse(caller.address, refusal, memberID: request.memberID)]
    }
    return rejoin(request, caller, now: now)
  }

  /// Whether the newcomer and all members share an assignor.
  private func speaksWithOthers(_ request: JoinGroupRequest) -> Bool {
    guard !request.protocolType.isEmpty, !request.protocols.isEmpty else { return false }
    if record.members.isEmpty { return true }
    return record.protocolType == request.protocolType
      && request.protocols.contains { record.knownToAll($0.name) }
  }

  private func refuse(_ address: ReplyAddress, _ error: ErrorCode, memberID: String) -> GroupAction {
    .joined(address, JoinGroupResponse(error: error, memberID: memberID))
  }

  private mutating func admit(_ request: JoinGroupRequest, _ caller: JoinCaller, now: Timestamp)
    -> [GroupAction]
  {
    if let instance = request.groupInstanceID {
      if let former = record.member(instance: instance) {
        return replace(former, by: request, caller, now: now)
      }
    } else if caller.joinsTwice {
      promised[caller.newMemberID] = now + request.sessionTimeout
      return [refuse(caller.address, .memberIDRequired, memberID: caller.newMemberID)]
    }
    return add(request, as: caller.newMemberID, caller, now: now)
  }

  private mutating func add(
    _ request: JoinGroupRequest, as memberID: String, _ caller: JoinCaller, now: Timestamp
  ) -> [GroupAction] {
    if record.members.isEmpty { record.protocolType = request.protocolType }
    record.members.append(GroupMember(request, id: memberID))
    if record.leader == nil { record.leader = memberID }
    seats[memberID] = Seat(
      sessionEnds: now + request.sessionTimeout, join: caller.address, clientID: caller.clientID)
    return rebalance(now: now)
  }

  private mutating func rejoin(_ request: JoinGroupRequest, _ caller: JoinCaller, now: Timestamp)
    -> [GroupAction]
  {
    let newcomer = GroupMember(request, id: request.memberID)
    let isUnchanged = record.member(newcomer.id)?.assignors == newcomer.assignors
    let missedAnswer =
      switch record.phase {
      case .syncing: isUnchanged
      case .stable: isUnchanged && record.leader != newcomer.id
      case .empty, .joining: false
      }
    extendSession(of: newcomer.id, now: now)
    seats[newcomer.id]?.clientID = caller.clientID
    if missedAnswer { return [.joined(caller.address, joinAnswer(for: newcomer.id))] }
    let displaced = update(newcomer, caller.address)
    return displaced + rebalance(now: now)
  }

  /// Keeps the member's assignment, takes the rest from `newcomer`; answers a request of its that still
  /// waited.
  private mutating func update(_ newcomer: GroupMember, _ address: ReplyAddress) -> [GroupAction] {
    guard let index = record.index(of: newcomer.id) else { return [] }
    let assignment = record.members[index].assignment
    record.members[index] = newcomer
    record.members[index].assignment = assignment
    let earlier = seats[newcomer.id]?.join
    seats[newcomer.id]?.join = address
    return earlier.map { [refuse($0, .rebalanceInProgress, memberID: newcomer.id)] } ?? []
  }

  /// A static member has come back and asks for a new id: the old one is fenced from here on.
  private mutating func replace(
    _ former: GroupMember, by request: JoinGroupRequest, _ caller: JoinCaller, now: Timestamp
  ) -> [GroupAction] {
    guard let index = record.index(of: former.id) else { return [] }
    var actions = dismiss(former.id, with: .fencedInstanceID)
    let formerLeader = record.leader ?? ""
    var member = GroupMember(request, id: caller.newMemberID)
    member.assignment = former.assignment
    record.members[index] = member
    if record.leader == former.id { record.leader = member.id }
    seats[member.id] = Seat(sessionEnds: now + member.sessionTimeout, clientID: caller.clientID)

    if record.phase == .stable, record.preferredAssignor == record.protocolName {
      actions.append(.record)
      actions.append(.joined(caller.address, returningAnswer(for: member.id, formerLeader, caller)))
      return actions
    }
    seats[member.id]?.join = caller.address
    return actions + rebalance(now: now)
  }

  /// The assignment stands. A client that cannot be told so gets the former leader's id, lest it takes itself
  /// for the leader and hands in an assignment that nobody waits for.
  private func returningAnswer(for memberID: String, _ formerLeader: String, _ caller: JoinCaller)
    -> JoinGroupResponse
  {
    var answer = joinAnswer(for: memberID)
    if caller.knowsSkippedAssignment {
      answer.skipAssignment = record.leader == memberID
    } else {
      answer.leader = formerLeader
      answer.members = []
    }
    return answer
  }

  func joinAnswer(for memberID: String) -> JoinGroupResponse {
    let isLeader = record.leader == memberID
    let members = record.members.map { member in
      JoinGroupResponse.Member(
        memberID: member.id, groupInstanceID: member.instanceID,
        metadata: ByteSlice(member.metadata(for: record.protocolName)))
    }
    return JoinGroupResponse(
      error: .none, generation: record.generation, protocolType: record.protocolType,
      protocolName: record.protocolName, leader: record.leader ?? "", memberID: memberID,
      members: isLeader ? members : [])
  }
}

extension GroupMember {
  fileprivate init(_ request: JoinGroupRequest, id: String) {
    self.init(
      id: id, instanceID: request.groupInstanceID, sessionTimeout: request.sessionTimeout,
      rebalanceTimeout: request.rebalanceTimeout ?? request.sessionTimeout,
      assignors: request.protocols.map { Assignor(name: $0.name, metadata: $0.metadata.bytes) })
  }
}
