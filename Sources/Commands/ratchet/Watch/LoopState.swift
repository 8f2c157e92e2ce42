// What a person who watches wants to know of the learning loop: what is pending and firing, which rollouts
// are under way, how experiments and examples stand. Folded from the topics that any client reads; pure.
import Basics

/// The latest of each thing, and a line for what has just happened.
struct LoopState {
  struct Alert: Equatable {
    var rule: String
    var state: String
    var severity: String?
    var about: String
    var value: String
    var since: String
  }
  struct Rollout: Equatable {
    var agent: String
    var phase: String
    var percent: String
    var heldFor: String?
  }
  struct Experiment: Equatable {
    var status: String
    var verdict: String?
    var significance: String?
    var units: [String]
  }

  private(set) var alerts: [String: Alert] = [:]
  private(set) var rollouts: [String: Rollout] = [:]
  private(set) var experiments: [String: Experiment] = [:]
  private(set) var agents: [String: AgentStanding] = [:]
  private var reviewStatus: [String: String] = [:]
  private(set) var latestCorrection: (input: String, output: String)?
  private(set) var quarantined = 0

  /// Topics without their prefix.
  static let topics = [
    "alert-states", "alerts", "deployments", "rollback-decisions", "rollout-decisions", "deployment-events",
    "experiment-tallies", "learning-examples", "agent-scorecards", "quarantine",
  ]

  /// Takes a record, and says what has happened if it is news.
  mutating func take(_ record: FollowedRecord) -> String? {
    if record.topic == "quarantine" {
      quarantined += 1
      return nil
    }
    guard let leaves = record.leaves else {
      forget(record)
      return nil
    }
    switch record.topic {
    case "alert-states": alerts[record.key] = Alert(leaves)
    case "alerts": return alertNews(leaves)
    case "deployments": rollouts[record.key] = Rollout(leaves)
    case "rollback-decisions": return decisionNews("rollback", leaves)
    case "rollout-decisions": return decisionNews("rollout", leaves)
    case "deployment-events": return record.type == "deployment.reported" ? reportNews(leaves) : nil
    case "experiment-tallies": return tally(record.key, leaves)
    case "learning-examples": return example(record.key, leaves)
    case "agent-scorecards":
      let standing = AgentStanding(leaves)
      if !record.key.contains("@"), standing != AgentStanding() { agents[record.key] = standing }
    default: break
    }
    return nil
  }

  private mutating func forget(_ record: FollowedRecord) {
    switch record.topic {
    case "alert-states": alerts[record.key] = nil
    case "deployments": rollouts[record.key] = nil
    case "experiment-tallies": experiments[record.key] = nil
    case "learning-examples": reviewStatus[record.key] = nil
    case "agent-scorecards": agents[record.key] = nil
    default: break
    }
  }

  /// How many examples have each review status.
  var exampleCounts: [(status: String, count: Int)] {
    let counts = Dictionary(grouping: reviewStatus.values) { $0 }.mapValues(\.count)
    return counts.sorted { $0.key < $1.key }.map { (status: $0.key, count: $0.value) }
  }

  /// Whether a deployment's candidate has been taken away again.
  func isRolledBack(_ deployment: String) -> Bool {
    rollouts.contains { key, rollout in
      (key == deployment || key.hasSuffix("/\(deployment)")) && rollout.phase == "rolled_back"
    }
  }

  // MARK: - News

  private func alertNews(_ leaves: JSONLeaves) -> String {
    let rule = leaves["rule"] ?? "?"
    let reason = leaves["reason"].map { ", \($0)" } ?? ""
    let value = leaves["value"].map { ", value \(shortNumber($0))" } ?? ""
    return "alert     \(rule) \(leaves["from"] ?? "?") -> \(leaves["to"] ?? "?")\(reason)\(value)"
      + (leaves["labels.severity"].map { " (\($0))" } ?? "")
  }

  private func decisionNews(_ kind: String, _ leaves: JSONLeaves) -> String {
    let name = kind == "rollback" ? "rollback " : "rollout  "
    var text = "\(name) \(leaves["deployment_id"] ?? "?"): \(leaves["action"] ?? "?")"
    if let cause = leaves["cause"] { text += " by \(cause)" }
    text += " to \(leaves["target_percent"] ?? "?")%"
    if let reason = leaves["reason"] { text += "\n            \(reason)" }
    let evidence = leaves.evidence
    if !evidence.isEmpty { text += "\n            evidence \(evidence.joined(separator: ", "))" }
    return text
  }

  private func reportNews(_ leaves: JSONLeaves) -> String {
    var text = "executor  \(leaves["deployment_id"] ?? "?"): \(leaves["status"] ?? "?")"
    if let percent = leaves["target_percent"] { text += ", the candidate has \(percent)%" }
    if let health = leaves["baseline_healthy"] {
      text += health == "true" ? ", the baseline is healthy" : ", the baseline is NOT healthy"
    }
    return text + " (decision \(leaves["decision_id"]?.prefix(8) ?? "?"))"
  }

  private mutating func tally(_ key: String, _ leaves: JSONLeaves) -> String? {
    let before = experiments[key]?.verdict
    let now = Experiment(leaves)
    experiments[key] = now
    guard let verdict = now.verdict, verdict != before, verdict != "running" else { return nil }
    return "experiment \(key): \(verdict)" + (leaves["verdict_reason"].map { ", \($0)" } ?? "")
  }

  private mutating func example(_ key: String, _ leaves: JSONLeaves) -> String? {
    let isNew = reviewStatus.updateValue(leaves["review_status"] ?? "pending", forKey: key) == nil
    guard isNew, leaves["example_type"] == "correction", let input = leaves["input_text"],
      let output = leaves["expected_output"]
    else { return nil }
    latestCorrection = (input, output)
    return "example   from a correction: \"\(input)\" -> \"\(output)\""
  }
}

/// How an agent stands by its scorecard of the last day.
struct AgentStanding: Equatable {
  var feedback: Double?
  var rating: Double?
  var correctionRate: Double?
  var collectionRate: Double?

  init() {}

  init(_ leaves: JSONLeaves) {
    var index = 0
    while let measure = leaves["last_day.\(index).measure"] {
      let value = leaves.number("last_day.\(index).value")
      switch measure {
      case "feedback_by_type": feedback = (feedback ?? 0) + (value ?? 0)
      case "rating": rating = value
      case "correction_rate": correctionRate = value
      case "collection_rate_percent": collectionRate = value
      default: break
      }
      index += 1
    }
  }
}

extension LoopState.Alert {
  fileprivate init(_ leaves: JSONLeaves) {
    rule = leaves["rule"] ?? "?"
    state = leaves["state"] ?? "?"
    severity = leaves["labels.severity"]
    value = leaves["value"] ?? "?"
    since = leaves["active_since"] ?? "?"
    let names = ["organization", "agent", "queue", "job", "endpoint", "experiment", "instance"]
    about = names.compactMap { name in leaves["labels.\(name)"].map { "\(name)=\($0)" } }
      .joined(separator: " ")
  }
}

extension LoopState.Rollout {
  fileprivate init(_ leaves: JSONLeaves) {
    agent = "\(leaves["organization"] ?? "?")/\(leaves["agent"] ?? "?")"
    phase = leaves["phase"] ?? "?"
    percent = leaves["percent"] ?? "?"
    heldFor = leaves["held_for"]
  }
}

extension LoopState.Experiment {
  fileprivate init(_ leaves: JSONLeaves) {
    status = leaves["status"] ?? "?"
    verdict = leaves["verdict"]
    significance = leaves["significance"]
    units = [0, 1].compactMap { leaves["arms.\($0).units"] }
  }
}

extension JSONLeaves {
  /// Offsets by partition, as a decision names them.
  fileprivate var evidence: [String] {
    var found: [String] = []
    while let topic = self["evidence.\(found.count).topic"] {
      let place = "evidence.\(found.count)"
      let partition = self["\(place).partition"] ?? "?"
      let first = self["\(place).first_offset"] ?? "?"
      let last = self["\(place).last_offset"] ?? "?"
      found.append("\(topic)/\(partition) \(first)-\(last)")
    }
    return found
  }
}
