// Flow/Rollouts alone: deployments as values, and a clock that the scenario moves.
import Basics
import Events
import Metrics
import Rollouts

struct PureWorld: RolloutWorld {
  struct Case {
    var deployment: Deployment
    var history = DeploymentHistory()
    var nextLook: Timestamp?
  }

  var policies: [String: RolloutPolicy]
  private(set) var cases: [String: Case] = [:]
  private var names: [String] = []
  private(set) var decided: [RolloutDecision] = []
  private var fresh: [SeenDecision] = []
  private var isLearningOn = true

  init(_ policies: [String: RolloutPolicy]) { self.policies = policies }

  private func surroundings(_ deployment: Deployment, _ time: Timestamp) -> RolloutSurroundings {
    RolloutSurroundings(
      time: time, policy: deployment.plan.flatMap { policies[$0.policy] }, isLearningOn: isLearningOn)
  }

  mutating func submit(_ name: String, _ input: RolloutInput, at time: Timestamp) {
    var one = cases[name] ?? Case(deployment: Deployment(organization: "acme", id: name))
    if cases[name] == nil { names.append(name) }
    var around = surroundings(one.deployment, time)
    if case .created(_, let plan) = input { around.policy = policies[plan.policy] }
    keep(one.deployment.apply(input, around, totals: &one.history.totals))
    one.nextLook = one.deployment.nextLook(after: time, around.policy)
    cases[name] = one
  }

  mutating func switchLearning(on: Bool, _ reason: String, at time: Timestamp) {
    isLearningOn = on
    guard !on else { return }
    for name in names { submit(name, .learningSwitchedOff(by: "anna", reason: reason), at: time) }
  }

  mutating func add(_ pane: DeploymentPane, at time: Timestamp) {
    cases[pane.reference.deployment]?.history.add(pane)
  }

  mutating func advance(to time: Timestamp) -> [SeenDecision] {
    for name in names {
      guard var one = cases[name] else { continue }
      while let next = [one.nextLook, one.deployment.nextStep].compactMap({ $0 }).min(), next <= time {
        let around = surroundings(one.deployment, next)
        if one.deployment.nextStep == next {
          keep(one.deployment.apply(.stepDue, around, totals: &one.history.totals))
        } else {
          keep(one.deployment.look(at: &one.history, around))
          let longest = around.policy?.longestWindow ?? .zero
          one.history.forget(before: EventTime(milliseconds: (next - longest).rawValue))
          one.nextLook = one.deployment.nextLook(after: next, around.policy)
        }
      }
      cases[name] = one
    }
    defer { fresh = [] }
    return fresh
  }

  func ending(of name: String) -> (phase: String, percent: Int)? {
    cases[name].map { ($0.deployment.phase.name, $0.deployment.percent) }
  }

  private mutating func keep(_ decision: RolloutDecision?) {
    guard let decision else { return }
    decided.append(decision)
    fresh.append(
      SeenDecision(
        id: decision.id, deployment: decision.deployment, revision: decision.plan.revision,
        sequence: decision.sequence, action: decision.action.name, cause: decision.cause,
        percent: decision.targetPercent, isDrill: decision.isDrill, at: decision.decidedAt))
  }
}
