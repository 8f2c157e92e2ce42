// How a group agrees on its next generation: everybody joins, the leader syncs, members leave or run out of
// time.
import Basics
import BrokerProtocol

extension Group {
  /// Asks every member to join again; ends at once when all of them already do.
  mutating func rebalance(now: Timestamp) -> [GroupAction] {
    var actions: [GroupAction] = []
    if record.phase == .syncing { actions = answerSyncs(with: .rebalanceInProgress, now: now) }
    if record.phase != .joining {
      record.phase = .joining
      deadline = now + record.rebalanceTimeout
    }
    return actions + endJoiningIfComplete(now: now)
  }

  private mutating func endJoiningIfComplete(now: Timestamp) -> [GroupAction] {
    let isComplete = promised.isEmpty && record.members.allSatisfy { seats[$0.id]?.join != nil }
    return isComplete ? endJoining(now: now) : []
  }

  /// The next generation, of those who have joined and of static members who are still away.
  private mutating func endJoining(now: Timestamp) -> [GroupAction] {
    for member in record.members where member.instanceID == nil && seats[member.id]?.join == nil {
      remove(member.id)
    }
    guard !record.members.isEmpty else { return becomeEmpty(now: now) }
    let present = record.members.filter { seats[$0.id]?.join != nil }
    guard let first = present.first else {
      deadline = now + record.rebalanceTimeout  // only absent static members: their sessions decide
      return []
    }
    if !present.contains(where: { $0.id == record.leader }) { record.leader = first.id }
    beginGeneration(now: now)
    return [.record] + answerJoins()
  }

  private mutating func beginGeneration(now: Timestamp) {
    record.generation = record.generation == .max ? 1 : record.generation + 1
    record.protocolName = record.preferredAssignor
    record.phase = .syncing
    deadline = now + record.rebalanceTimeout
    for index in record.members.indices {
      record.members[index].assignment = []
      extendSession(of: record.members[index].id, now: now)
    }
  }

  private mutating func becomeEmpty(now: Timestamp) -> [GroupAction] {
    record.generation = record.generation == .max ? 1 : record.generation + 1
    record.phase = .empty
    record.protocolName = nil
    record.leader = nil
    record.emptySince = now
    deadline = nil
    return [.record]
  }

  private mutating func answerJoins() -> [GroupAction] {
    record.members.compactMap { member in
      guard let address = seats[member.id]?.join else { return nil }
      seats[member.id]?.join = nil
      return .joined(address, joinAnswer(for: member.id))
    }
  }
}

extension Group {
  mutating func sync(_ request: SyncGroupRequest, from address: ReplyAddress, now: Timestamp) -> [GroupAction]
  {
    if let error = refusalToSync(request) { return [.synced(address, SyncGroupResponse(error: error))] }
    extendSession(of: request.memberID, now: now)
    guard record.phase == .syncing else { return [.synced(address, syncAnswer(for: request.memberID))] }
    var actions: [GroupAction] = []
    if let earlier = seats[request.memberID]?.sync {
      actions = [.synced(earlier, SyncGroupResponse(error: .rebalanceInProgress))]
    }
    seats[request.memberID]?.sync = address
    guard request.memberID == record.leader else { return actions }
    assign(request.assignments)
    return actions + [.record] + answerSyncs(with: nil, now: now)
  }

  private func refusalToSync(_ request: SyncGroupRequest) -> ErrorCode? {
    if let refusal = refusal(of: request.memberID, instance: request.groupInstanceID) { return refusal }
    if request.generation != record.generation { return .illegalGeneration }
    let otherType = request.protocolType.map { $0 != record.protocolType } ?? false
    let otherName = request.protocolName.map { $0 != record.protocolName } ?? false
    if otherType || otherName { return .inconsistentGroupProtocol }
    return record.phase == .joining ? .rebalanceInProgress : nil
  }

  private mutating func assign(_ assignments: [SyncGroupRequest.Assignment]) {
    for assignment in assignments {
      guard let index = record.index(of: assignment.memberID) else { continue }
      record.members[index].assignment = assignment.assignment.bytes
    }
    record.phase = .stable
    deadline = nil
  }

  private func syncAnswer(for memberID: String) -> SyncGroupResponse {
    SyncGroupResponse(
      error: .none, protocolType: record.protocolType, protocolName: record.protocolName,
      assignment: ByteSlice(record.member(memberID)?.assignment ?? []))
  }

  /// Answers all who wait for their assignment: with it, or with `error`.
  private mutating func answerSyncs(with error: ErrorCode?, now: Timestamp) -> [GroupAction] {
    record.members.compactMap { member in
      guard let address = seats[member.id]?.sync else { return nil }
      seats[member.id]?.sync = nil
      extendSession(of: member.id, now: now)
      return .synced(address, error.map { SyncGroupResponse(error: $0) } ?? syncAnswer(for: member.id))
    }
  }
}

extension Group {
  /// Members go for good. A static one may be named by its instance alone.
  mutating func leave(_ leaving: [LeaveGroupRequest.Member], now: Timestamp) -> (
    results: [LeaveGroupResponse.Member], actions: [GroupAction]
  ) {
    var actions: [GroupAction] = []
    let membersBefore = record.members.count
    let results = leaving.map { member in
      var result = LeaveGroupResponse.Member(
        memberID: member.memberID, groupInstanceID: member.groupInstanceID)
      if promised.removeValue(forKey: member.memberID) != nil { return result }
      let named = member.groupInstanceID.flatMap { record.member(instance: $0)?.id }
      let id = member.memberID.isEmpty ? named ?? "" : member.memberID
      if let refusal = refusal(of: id, instance: member.groupInstanceID) {
        result.error = refusal
      } else {
        actions += dismiss(id, with: .unknownMemberID)
        remove(id)
      }
      return result
    }
    let membersLeft = record.members.count < membersBefore
    return (results, actions + goOn(membersWereLost: membersLeft, now: now))
  }

  /// What time alone brings about: lost members, lapsed promises, a rebalance that waits no longer.
  mutating func tick(now: Timestamp) -> [GroupAction] {
    let lost = record.members.map(\.id).filter { id in
      seats[id].map { !$0.waits && $0.sessionEnds <= now } ?? true
    }
    for id in lost { remove(id) }
    let lapsed = promised.filter { $0.value <= now }.keys
    for id in lapsed { promised[id] = nil }
    var actions: [GroupAction] = []
    if !lost.isEmpty || !lapsed.isEmpty { actions = goOn(membersWereLost: !lost.isEmpty, now: now) }
    guard let passed = deadline, passed <= now else { return actions }
    return actions + (record.phase == .joining ? endJoining(now: now) : dropThoseWhoDoNotSync(now: now))
  }

  private mutating func dropThoseWhoDoNotSync(now: Timestamp) -> [GroupAction] {
    for member in record.members where seats[member.id]?.sync == nil { remove(member.id) }
    return rebalance(now: now)
  }

  /// A promised id that lapsed disturbs only those who wait for it to join.
  private mutating func goOn(membersWereLost: Bool, now: Timestamp) -> [GroupAction] {
    switch record.phase {
    case .empty: []
    case .joining: endJoiningIfComplete(now: now)
    case .syncing, .stable: membersWereLost ? rebalance(now: now) : []
    }
  }

  mutating func remove(_ memberID: String) {
    record.members.removeAll { $0.id == memberID }
    seats[memberID] = nil
    if record.leader == memberID { record.leader = record.members.first?.id }
  }

  /// Answers what this member still waits for, as it is no longer who it was.
  mutating func dismiss(_ memberID: String, with error: ErrorCode) -> [GroupAction] {
    let seat = seats.removeValue(forKey: memberID)
    var actions: [GroupAction] = []
    if let join = seat?.join {
      actions.append(.joined(join, JoinGroupResponse(error: error, memberID: memberID)))
    }
    if let sync = seat?.sync { actions.append(.synced(sync, SyncGroupResponse(error: error))) }
    return actions
  }
}
