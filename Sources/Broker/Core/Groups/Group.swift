// A consumer group in the classic protocol (KIP-62, KIP-345, KIP-394), as a value: each method takes what a
// member said, or the time, and returns what is to be written down and answered. It knows no connection and
// no clock.
import Basics
import BrokerProtocol

/// What a group wants done, in this order: a record is written before the answers that rest on it.
enum GroupAction: Sendable {
  /// The group's record has changed: write it down.
  case record
  case joined(ReplyAddress, JoinGroupResponse)
  case synced(ReplyAddress, SyncGroupResponse)
}

/// ```
///            join                  everybody joined, or the deadline passed
///   empty ─────────▶ joining ─────────────────────────────────────────────▶ syncing
///     ▲               │ ▲  ▲                                                   │
///     └───────────────┘ │  └──── a member joins, leaves or is lost ◀───────────┤ the leader hands
///       nobody is left  │                                                      ▼ in the assignment
///                       └──────── a member joins, leaves or is lost ◀──────── stable
/// ```
/// Legal successors: empty: joining; joining: syncing, empty; syncing: stable, joining; stable: joining.
struct Group: Sendable {
  /// A member's place while this process runs.
  struct Seat: Sendable {
    /// When the member counts as lost unless it is heard of, or waits for an answer.
    var sessionEnds: Timestamp
    var join: ReplyAddress?
    var sync: ReplyAddress?
    /// What the member calls itself, for people who read it; not known again after a restart.
    var clientID = ""

    var waits: Bool { join != nil || sync != nil }
  }

  var record: GroupRecord
  var seats: [String: Seat] = [:]
  /// Member ids given out (KIP-394) with which nobody has joined yet, and when they lapse.
  var promised: [String: Timestamp] = [:]
  /// When joining or syncing goes on without those who are missing.
  var deadline: Timestamp?

  /// The group as it was written down; every member's session begins anew.
  init(_ record: GroupRecord, now: Timestamp) {
    self.record = record
    for member in record.members {
      seats[member.id] = Seat(sessionEnds: now + member.sessionTimeout)
    }
    if record.phase == .syncing { deadline = now + record.rebalanceTimeout }
  }

  /// When `tick` has something to do next.
  var nextDeadline: Timestamp? {
    let sessions = seats.values.lazy.filter { !$0.waits }.map(\.sessionEnds).min()
    return [sessions, promised.values.min(), deadline].compactMap(\.self).min()
  }

  /// Whether nobody is in it, or about to be.
  var isEmpty: Bool { record.phase == .empty && promised.isEmpty }
}

extension Group {
  /// Why this sender is no member, or not the one it says; nil when it is.
  func refusal(of memberID: String, instance: String?) -> ErrorCode? {
    if let instance {
      guard let holder = record.member(instance: instance) else { return .unknownMemberID }
      if holder.id != memberID { return .fencedInstanceID }
    }
    return record.member(memberID) == nil ? .unknownMemberID : nil
  }

  /// A sign of life, and whether the member must join again.
  mutating func heartbeat(_ request: HeartbeatRequest, now: Timestamp) -> ErrorCode {
    if let refusal = refusal(of: request.memberID, instance: request.groupInstanceID) { return refusal }
    guard request.generation == record.generation else { return .illegalGeneration }
    extendSession(of: request.memberID, now: now)
    return record.phase == .joining ? .rebalanceInProgress : .none
  }

  mutating func extendSession(of memberID: String, now: Timestamp) {
    guard let member = record.member(memberID) else { return }
    seats[memberID]?.sessionEnds = now + member.sessionTimeout
  }

  /// Why offsets must not be committed by this sender; nil when they may. Without generation and member the
  /// sender stands outside of the membership: accepted while the group has no members, and in transactions
  /// always, for clients older than KIP-447.
  mutating func refusalToCommit(
    generation: Int32, memberID: String, instance: String?, transactional: Bool, now: Timestamp
  ) -> ErrorCode? {
    let isOutsider = generation < 0 && memberID.isEmpty && instance == nil
    if isOutsider { return transactional || record.members.isEmpty ? nil : .unknownMemberID }
    if generation < 0 && record.members.isEmpty && record.phase == .empty { return nil }
    if let refusal = refusal(of: memberID, instance: instance) { return refusal }
    guard generation == record.generation else { return .illegalGeneration }
    if !transactional && record.phase == .syncing { return .rebalanceInProgress }
    extendSession(of: memberID, now: now)
    return nil
  }
}
