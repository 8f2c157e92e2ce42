// ratchet backtest --policies: the recorded events and series of deployments, decided once more under the
// policies of a folder, beside what was decided then.
import Basics
import Events
import Kafka
import Metrics
import Rollouts
import Topology

/// One decision of the past, or one that would have been.
struct BacktestedDecision: Hashable {
  var at: Timestamp
  var action: String
  var cause: String
  var percent: Int

  /// Two decisions with the same are the same, whenever they came.
  var what: String { "\(action) \(cause) to \(percent)%" }
}

/// The decisions of one deployment, then and now.
struct PolicyComparison {
  var was: [BacktestedDecision] = []
  var wouldBe: [BacktestedDecision] = []

  /// Lines of a difference: the same with how much later, what was only then, what would be only now. Each is
  /// matched with the first of the same kind that is left.
  var lines: [String] {
    var rest = wouldBe
    var lines: [(Timestamp, String)] = []
    for old in was {
      if let place = rest.firstIndex(where: { $0.what == old.what }) {
        let new = rest.remove(at: place)
        let shift = (new.at - old.at).milliseconds / 1000
        let moved = shift == 0 ? "" : ", \(abs(shift)) s \(shift > 0 ? "later" : "earlier")"
        lines.append((old.at, "  \(old.at)  \(old.what)\(moved)"))
      } else {
        lines.append((old.at, "- \(old.at)  \(old.what)"))
      }
    }
    lines += rest.map { ($0.at, "+ \($0.at)  \($0.what)") }
    return lines.sorted { $0.0 < $1.0 }.map(\.1)
  }

  var isSame: Bool { lines.allSatisfy { $0.hasPrefix(" ") } }
}

/// History as it stands on the topics, folded under `policies`.
struct PolicyBacktest {
  private enum Happening {
    case input(organization: String, deployment: String, RolloutInput)
    case pane(DeploymentPane)
  }

  private var happenings: [(at: Timestamp, order: Int, Happening)] = []
  private(set) var comparisons: [String: PolicyComparison] = [:]
  /// Records that could not be read.
  private(set) var unread = 0

  /// An event of deployment-events, in structured form.
  mutating func take(event bytes: [UInt8], at time: Timestamp, with decoder: inout EventDecoder) {
    do throws(Violation) {
      let envelope = try Envelope(structured: unsafe bytes.span.bytes)
      let event = try decoder.decode(envelope, from: .deploymentEvents)
      guard let (deployment, input) = RolloutInput.read(event, of: envelope) else { return }
      // Who carried out what was decided then says nothing of what would have been.
      if case .reported = input { return }
      add(.input(organization: envelope.organization.string, deployment: deployment, input), time)
    } catch { unread += 1 }
  }

  mutating func take(series bytes: RawSpan, at time: Timestamp) {
    guard let pane = DeploymentPane(stored: bytes) else {
      unread += 1
      return
    }
    add(.pane(pane), time)
  }

  mutating func take(decision leaves: JSONLeaves, at time: Timestamp) {
    guard let action = leaves["action"], let deployment = leaves["deployment_id"],
      leaves["drill"] != "true"
    else { return }
    let key = entityKey(organization: leaves["organization"] ?? "", id: deployment)
    comparisons[key, default: PolicyComparison()].was.append(
      BacktestedDecision(
        at: time, action: action, cause: leaves["cause"] ?? "",
        percent: Int(leaves.number("target_percent") ?? 0)))
  }

  private mutating func add(_ happening: Happening, _ time: Timestamp) {
    happenings.append((time, happenings.count, happening))
  }

  /// Decides history once more. Executors are taken to carry out everything at once: those of then carried
  /// out other decisions.
  mutating func run(_ policies: [String: RolloutPolicy]) {
    var rerun = RolloutRerun(
      policies.mapValues { policy in
        var policy = policy
        policy.waitsForExecutor = false
        return policy
      })
    happenings.sort { ($0.at, $0.order) < ($1.at, $1.order) }
    for (time, _, happening) in happenings {
      rerun.advance(to: time)
      switch happening {
      case .input(let organization, let deployment, let input):
        rerun.apply(input, organization: organization, id: deployment, at: time)
      case .pane(let pane): rerun.add(pane)
      }
      for decision in rerun.takeDecisions() where !decision.isDrill {
        let key = entityKey(organization: decision.organization, id: decision.deployment)
        comparisons[key, default: PolicyComparison()].wouldBe.append(
          BacktestedDecision(
            at: decision.decidedAt, action: decision.action.name, cause: decision.cause,
            percent: decision.targetPercent))
      }
    }
  }

  /// How many deployments would be decided otherwise.
  var differences: Int { comparisons.values.count { !$0.isSame } }

  var text: String {
    let lines = comparisons.keys.sorted().flatMap { key -> [String] in
      [key] + (comparisons[key]?.lines ?? [])
    }
    return (lines + ["", "\(comparisons.count) deployments, \(differences) decided otherwise"]).joined(
      separator: "\n")
  }
}
