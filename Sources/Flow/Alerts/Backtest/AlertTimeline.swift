// What would have been told, beside what was: transitions of two tellings put together by what they are
// about. Times are texts in RFC 3339, which order as their moments do.

/// One transition as its JSON tells it.
public struct ToldTransition: Hashable, Sendable {
  public var id: String
  public var organization: String
  public var rule: String
  /// `queue="a", severity="critical"`.
  public var labels: String
  public var to: AlertState
  public var at: String
  public var value: String

  /// From the leaves of the JSON by path; nil when they are no transition's.
  public init?(_ leaves: [(path: String, text: String)]) {
    func text(_ path: String) -> String? {
      leaves.first { $0.path == path }.map {
        $0.text.hasPrefix("\"") ? String($0.text.dropFirst().dropLast()) : $0.text
      }
    }
    guard let id = text("transition_id"), let rule = text("rule"), let at = text("at"),
      let to = text("to").flatMap(AlertState.init(rawValue:))
    else { return nil }
    (self.id, self.rule, self.at, self.to) = (id, rule, at, to)
    organization = text("organization") ?? ""
    value = text("value") ?? ""
    labels = leaves.filter { $0.path.hasPrefix("labels.") && $0.path != "labels.alertname" }
      .map { "\($0.path.dropFirst("labels.".count))=\($0.text)" }.joined(separator: ", ")
  }

  /// What happened, whenever it did.
  fileprivate var subject: String { "\(organization)/\(rule){\(labels)} \(to.rawValue)" }
}

/// A line of the comparison of two tellings.
public struct AlertTimelineEntry: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// Told then, and told now.
    case same
    /// Told now, and not then.
    case added
    /// Told then, and not now.
    case gone
    /// Told at another time then.
    case moved(from: String)
  }

  public var kind: Kind
  public var transition: ToldTransition

  public init(kind: Kind, transition: ToldTransition) {
    self.kind = kind
    self.transition = transition
  }
}

public enum AlertTimeline {
  /// Transitions with the same id are the same; of the others the n-th of a subject is the n-th of it then,
  /// moved. In the order of time, then of subjects.
  public static func compared(now: [ToldTransition], then: [ToldTransition]) -> [AlertTimelineEntry] {
    let known = Set(then.map(\.id))
    let kept = Set(now.map(\.id)).intersection(known)
    var entries = unique(now).filter { kept.contains($0.id) }.map {
      AlertTimelineEntry(kind: .same, transition: $0)
    }
    var waiting: [String: [ToldTransition]] = [:]
    for old in unique(then) where !kept.contains(old.id) { waiting[old.subject, default: []].append(old) }
    for new in unique(now) where !kept.contains(new.id) {
      if var olds = waiting[new.subject], !olds.isEmpty {
        let old = olds.removeFirst()
        waiting[new.subject] = olds
        entries.append(AlertTimelineEntry(kind: .moved(from: old.at), transition: new))
      } else {
        entries.append(AlertTimelineEntry(kind: .added, transition: new))
      }
    }
    for olds in waiting.values { entries += olds.map { AlertTimelineEntry(kind: .gone, transition: $0) } }
    return entries.sorted { isBefore($0.transition, $1.transition) }
  }

  /// Each once, in order: what is published at least once may be read twice.
  public static func unique(_ transitions: [ToldTransition]) -> [ToldTransition] {
    var seen: Set<String> = []
    return transitions.sorted(by: isBefore).filter { seen.insert($0.id).inserted }
  }

  private static func isBefore(_ a: ToldTransition, _ b: ToldTransition) -> Bool {
    (a.at, a.subject, a.id) < (b.at, b.subject, b.id)
  }
}

extension AlertTimelineEntry: CustomStringConvertible {
  public var description: String {
    let mark: String
    var note = ""
    switch kind {
    case .same: mark = " "
    case .added: mark = "+"
    case .gone: mark = "-"
    case .moved(let from): (mark, note) = ("~", " (then at \(from))")
    }
    let state = transition.to.rawValue
    let padding = String(repeating: " ", count: max(0, 8 - state.count))
    let what = "\(transition.rule){\(transition.labels)} \(transition.value)"
    return "\(mark) \(transition.at) \(state)\(padding) \(what)\(note)"
  }
}
