// Consumer groups: requests go to the group's state machine, what it wants done is written and answered here.
import Basics
import BrokerProtocol

extension Broker {
  func findCoordinator(_ request: FindCoordinatorRequest, _ caller: Caller) -> FindCoordinatorResponse {
    FindCoordinatorResponse(
      coordinators: request.keys.map { key in
        guard !(request.kind == .transaction && key.isEmpty) else {
          return .init(key: key, error: .invalidRequest, errorMessage: "an empty transactional id")
        }
        if let refusal = refusal(to: caller.principal, asking: request.kind, for: key) {
          return .init(key: key, error: refusal)
        }
        return .init(key: key, nodeID: settings.nodeID, host: settings.host, port: settings.port)
      })
  }

  private func refusal(to principal: Principal, asking kind: CoordinatorKind, for key: String) -> ErrorCode? {
    switch kind {
    case .group: principal.mayUse(group: key) ? nil : .groupAuthorizationFailed
    case .transaction: principal.mayUse(transactionalID: key) ? nil : .transactionalIDAuthorizationFailed
    }
  }

  func joinGroup(_ request: JoinGroupRequest, _ caller: Caller, now: Timestamp) {
    let sessions = settings.sessionTimeout_min...settings.sessionTimeout_max
    var fault: ErrorCode?
    if !sessions.contains(request.sessionTimeout) { fault = .invalidSessionTimeout }
    if request.groupID.isEmpty { fault = .invalidGroupID }
    if !caller.principal.mayUse(group: request.groupID) { fault = .groupAuthorizationFailed }
    if let fault {
      let response = JoinGroupResponse(error: fault, memberID: request.memberID)
      return reply(.joinGroup(response), to: caller.address)
    }
    let joiner = JoinCaller(
      address: caller.address, newMemberID: newMemberID(caller, instance: request.groupInstanceID),
      joinsTwice: caller.version >= 4, knowsSkippedAssignment: caller.version >= 9,
      clientID: caller.clientID ?? "")
    withGroup(request.groupID, now: now) { $0.join(request, from: joiner, now: now) }
  }

  func syncGroup(_ request: SyncGroupRequest, _ caller: Caller, now: Timestamp) {
    guard caller.principal.mayUse(group: request.groupID) else {
      return reply(.syncGroup(SyncGroupResponse(error: .groupAuthorizationFailed)), to: caller.address)
    }
    withGroup(request.groupID, now: now) { $0.sync(request, from: caller.address, now: now) }
  }

  func heartbeat(_ request: HeartbeatRequest, _ caller: Caller, now: Timestamp) -> HeartbeatResponse {
    guard caller.principal.mayUse(group: request.groupID) else {
      return HeartbeatResponse(error: .groupAuthorizationFailed)
    }
    let error = groups[request.groupID]?.heartbeat(request, now: now)
    return HeartbeatResponse(error: error ?? .unknownMemberID)
  }

  func leaveGroup(_ request: LeaveGroupRequest, _ caller: Caller, now: Timestamp) -> LeaveGroupResponse {
    guard caller.principal.mayUse(group: request.groupID) else {
      return LeaveGroupResponse(error: .groupAuthorizationFailed)
    }
    var results: [LeaveGroupResponse.Member] = []
    withGroup(request.groupID, now: now) { group in
      let (left, actions) = group.leave(request.members, now: now)
      results = left
      return actions
    }
    let onlyError = caller.version < 3 ? results.first?.error : nil
    return LeaveGroupResponse(error: onlyError ?? .none, members: results)
  }

  func expireSessions(now: Timestamp) {
    for id in groups.keys.sorted() {
      guard let due = groups[id]?.nextDeadline, due <= now else { continue }
      withGroup(id, now: now) { $0.tick(now: now) }
    }
  }

  /// Lets the group act, writes what it wants remembered, then answers. A group that nothing remembers goes
  /// again.
  private func withGroup(_ id: String, now: Timestamp, _ body: (inout Group) -> [GroupAction]) {
    var group = groups[id] ?? Group(GroupRecord(id: id), now: now)
    let actions = body(&group)
    groups[id] =
      group.isEmpty && state.groups[id] == nil && !actions.contains(where: \.isRecord) ? nil : group
    for action in actions {
      switch action {
      case .record: write([.group(group.record)], now: now)
      case .joined(let address, let response): reply(.joinGroup(response), to: address)
      case .synced(let address, let response): reply(.syncGroup(response), to: address)
      }
    }
  }

  /// Begins with who it is, for people who read it; ends with what nobody can guess.
  private func newMemberID(_ caller: Caller, instance: String?) -> String {
    let drawn = String(random.next(), radix: 16) + String(random.next(), radix: 16)
    return "\(instance ?? caller.clientID ?? "member")-\(drawn)"
  }
}

extension GroupAction {
  fileprivate var isRecord: Bool {
    if case .record = self { true } else { false }
  }
}
