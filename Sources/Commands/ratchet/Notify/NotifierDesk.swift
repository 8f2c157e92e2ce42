// What the notifier decides, pure: which alerts a receiver has yet to hear of, again or for the first time,
// and of which it has to hear that they are over. What was acknowledged is its memory, kept on the topic
// `notified`.
import Basics

/// An alert as a receiver is told of it.
struct AlertNotice: Equatable {
  var id: String
  var labels: [(name: String, value: String)]
  var annotations: [(name: String, value: String)]
  /// RFC 3339.
  var startsAt: String

  static func == (a: Self, b: Self) -> Bool {
    a.id == b.id && a.startsAt == b.startsAt && a.labels.elementsEqual(b.labels) { $0 == $1 }
      && a.annotations.elementsEqual(b.annotations) { $0 == $1 }
  }
}

/// ```
///  firing, unknown to the receiver ── told ──> announced ── every resend interval ──> told again
///                                                  └── no longer firing ── told once ──> forgotten
/// ```
struct NotifierDesk {
  private(set) var firing: [String: AlertNotice] = [:]
  private(set) var announced: [String: AlertNotice] = [:]
  private var toldAt: [String: Timestamp] = [:]
  /// Those that the receiver would not hear to be over.
  private var refusedAt: [String: Timestamp] = [:]
  private let resend: Duration

  init(resend: Duration) { self.resend = resend }

  /// An alert fires, or does so no longer.
  mutating func take(_ id: String, _ notice: AlertNotice?) { firing[id] = notice }

  /// What had been acknowledged before this process began.
  mutating func remember(_ id: String, _ notice: AlertNotice?) { announced[id] = notice }

  /// What has to be told now, in the order of ids. `isLive`: recorded time is near the wall clock; before
  /// that nothing is told, because what fired then may be over by now.
  func due(at now: Timestamp, isLive: Bool) -> (firing: [AlertNotice], resolved: [AlertNotice]) {
    guard isLive else { return ([], []) }
    let fire = firing.keys.sorted().filter { id in
      toldAt[id].map { now - $0 >= resend } ?? true
    }
    let over = announced.keys.sorted().filter { id in
      firing[id] == nil && (refusedAt[id].map { now - $0 >= resend } ?? true)
    }
    return (fire.compactMap { firing[$0] }, over.compactMap { announced[$0] })
  }

  /// The receiver has acknowledged these. Says what has to be kept: a notice for what it now knows of, nil
  /// for what it may forget.
  mutating func acknowledge(
    firing fired: [AlertNotice], resolved: [AlertNotice], at now: Timestamp
  ) -> [(id: String, notice: AlertNotice?)] {
    var kept: [(id: String, notice: AlertNotice?)] = []
    for notice in fired {
      toldAt[notice.id] = now
      if announced[notice.id] != notice { kept.append((notice.id, notice)) }
      announced[notice.id] = notice
    }
    for notice in resolved {
      announced[notice.id] = nil
      toldAt[notice.id] = nil
      refusedAt[notice.id] = nil
      kept.append((notice.id, nil))
    }
    return kept
  }

  /// The receiver will not have these: they are due again when what it has taken is told again.
  mutating func refused(firing fired: [AlertNotice], resolved: [AlertNotice], at now: Timestamp) {
    for notice in fired { toldAt[notice.id] = now }
    for notice in resolved { refusedAt[notice.id] = now }
  }
}

/// The desks of all tasks of `metrics`. An alert is of the task that decides it: whose key is its
/// organization.
struct NotifierBook {
  var desks: [PartitionID: NotifierDesk] = [:]
  /// Tasks that this instance runs: what they have announced it knows better than what it reads of it.
  var owned: Set<PartitionID> = []
  private let receiver: Receiver
  private let tasks: Int32
  private let resend: Duration
  private var homes: [String: PartitionID] = [:]

  init(_ receiver: Receiver, tasks: Int, _ resend: Duration) {
    (self.receiver, self.tasks, self.resend) = (receiver, Int32(max(1, tasks)), resend)
  }

  /// A record of `alert-states` or `notified`.
  mutating func take(_ record: FollowedRecord) {
    let notice = record.leaves.flatMap { AlertNotice(record.key, $0) }
    if record.topic == "alert-states" {
      if let organization = record.leaves?["organization"] {
        homes[record.key] = murmur2Partition(ofKey: organization, of: tasks)
      }
      guard let task = homes[record.key] else { return }
      if record.value == nil { homes[record.key] = nil }
      desks[task, default: NotifierDesk(resend: resend)].take(record.key, notice)
    } else if let id = receiver.alert(ofKey: record.key), !owned.contains(record.partition.partition) {
      var known = notice
      known?.id = id
      desks[record.partition.partition, default: NotifierDesk(resend: resend)].remember(id, known)
    }
  }
}
