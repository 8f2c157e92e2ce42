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
      announced[id] == nil || (toldAt[id].map { now - $0 >= resend } ?? true)
    }
    let over = announced.keys.sorted().filter { firing[$0] == nil }
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
      kept.append((notice.id, nil))
    }
    return kept
  }
}
