// Deployments under policies of one's choice, outside any engine: for the past folded again (`ratchet
// backtest`) and for tests. Time is told, inputs come in its order, and between them what is due by itself
// happens.
public import Basics
public import Metrics

/// Deployments as values, with what is known of their arms.
public struct RolloutRerun: Sendable {
  private struct Case {
    var deployment: Deployment
    var history = DeploymentHistory()
    var nextLook: Timestamp?
  }

  public var policies: [String: RolloutPolicy]
  public var isLearningOn = true
  private var cases: [String: Case] = [:]
  /// In the order in which they were first met.
  private var keys: [String] = []
  private var decided: [RolloutDecision] = []

  public init(_ policies: [String: RolloutPolicy]) { self.policies = policies }

  public func deployment(organization: String, id: String) -> Deployment? {
    cases[Deployment.key(organization: organization, deployment: id)]?.deployment
  }

  /// What has been decided since the last call.
  public mutating func takeDecisions() -> [RolloutDecision] {
    defer { decided = [] }
    return decided
  }

  /// Something happens to a deployment. What is due before `time` must have happened: see `advance`.
  public mutating func apply(_ input: RolloutInput, organization: String, id: String, at time: Timestamp) {
    let key = Deployment.key(organization: organization, deployment: id)
    if cases[key] == nil {
      cases[key] = Case(deployment: Deployment(organization: organization, id: id))
      keys.append(key)
    }
    guard var one = cases[key] else { return }
    var name = one.deployment.plan?.policy
    if case .created(_, let plan) = input { name = plan.policy }
    let around = RolloutSurroundings(
      time: time, policy: name.flatMap { policies[$0] }, isLearningOn: isLearningOn)
    if let decision = one.deployment.apply(input, around, totals: &one.history.totals) {
      decided.append(decision)
    }
    one.nextLook = one.deployment.nextLook(after: time, around.policy)
    cases[key] = one
  }

  /// Learning is switched off or on for all.
  public mutating func switchLearning(on: Bool, by person: String, _ reason: String, at time: Timestamp) {
    isLearningOn = on
    guard !on else { return }
    for key in keys {
      guard let one = cases[key]?.deployment else { continue }
      apply(
        .learningSwitchedOff(by: person, reason: reason), organization: one.organization, id: one.id, at: time
      )
    }
  }

  public mutating func add(_ pane: DeploymentPane) { cases[pane.key]?.history.add(pane) }

  /// Lets everything happen that is due by `time`.
  public mutating func advance(to time: Timestamp) {
    for key in keys {
      guard var one = cases[key] else { continue }
      while let next = [one.nextLook, one.deployment.nextStep].compactMap({ $0 }).min(), next <= time {
        let policy = one.deployment.plan.flatMap { policies[$0.policy] }
        let around = RolloutSurroundings(time: next, policy: policy, isLearningOn: isLearningOn)
        let decision: RolloutDecision?
        if one.deployment.nextStep == next {
          decision = one.deployment.apply(.stepDue, around, totals: &one.history.totals)
        } else {
          decision = one.deployment.look(at: &one.history, around)
          let longest = policy?.longestWindow ?? .zero
          one.history.forget(before: EventTime(milliseconds: (next - longest).rawValue))
          one.nextLook = one.deployment.nextLook(after: next, policy)
        }
        if let decision { decided.append(decision) }
      }
      cases[key] = one
    }
  }
}
