// The state machine under inputs in any order: what must hold after each of them.
import Basics
import Events
import Metrics
import Testing

@testable import Rollouts

@Suite struct MachineTests {
  private let policy = RolloutPolicy(
    name: "p", version: "1",
    stages: [
      RolloutStage(name: "a", percent: 5, duration: .seconds(60), minimumRequests: 1),
      RolloutStage(name: "b", percent: 100, duration: .seconds(60), minimumRequests: 1),
    ],
    triggers: [
      RolloutTrigger(
        name: "i", metric: .errorRate, limit: TriggerLimit(.above, .absolute, 0.05), window: .seconds(60),
        action: .immediateRollback),
      RolloutTrigger(
        name: "g", metric: .downtime, limit: TriggerLimit(.above, .absolute, 0.05), window: .seconds(60),
        action: .gradualRollback),
      RolloutTrigger(
        name: "f", metric: .learningFailureRate, limit: TriggerLimit(.above, .absolute, 0.05),
        window: .seconds(60), action: .featureDisable),
    ])

  private func finding(_ name: String, _ outcome: Finding.Outcome) -> Finding {
    let trigger = policy.triggers.first { $0.name == name } ?? policy.triggers[0]
    return Finding(
      trigger: name, metric: trigger.metric, action: trigger.action, outcome: outcome, span: .window,
      limit: trigger.limit, window: trigger.window, hold: trigger.hold, confidence: 0.999,
      candidateSamples: 100, baselineSamples: 0)
  }

  private func input(_ random: inout SeededRandom, _ deployment: Deployment) -> RolloutInput {
    func evaluation() -> Evaluation {
      let outcomes: [Finding.Outcome] = [.kept, .kept, .kept, .unclear, .tooFew, .broken]
      let findings = ["i", "g", "f"].map { finding($0, outcomes[random.int(in: 0..<6)]) }
      guard random.chance(1, in: 2) else { return Evaluation(findings: findings) }
      return Evaluation(
        findings: findings,
        gate: GateEvaluation(
          findings: findings, candidateRequests: UInt64(random.int(in: 0..<4)), baselineRequests: 10,
          better: [], worse: [], evidence: []))
    }
    switch random.int(in: 0..<14) {
    case 0:
      return .created(
        agent: "a",
        DeploymentPlan(
          kind: .prompt, candidate: "c", baseline: "b", policy: "p", revision: Int64(random.int(in: 1..<6)),
          highImpact: random.chance(1, in: 3)))
    case 1...4:
      let kind = ValidationKind.allCases[random.int(in: 0..<3)]
      return .validated(kind, passed: !random.chance(1, in: 8), revision: nil)
    case 5, 6:
      let command = DeploymentCommand.allCases[random.int(in: 0..<5)]
      return .commanded(command, by: "x", reason: "r", revision: nil)
    case 7: return .drilled(by: "x", reason: "r")
    case 8, 9:
      let status = StepStatus.allCases[random.int(in: 0..<3)]
      return .reported(ExecutorReport(decisionID: deployment.awaited ?? "?", status: status))
    case 10: return random.chance(1, in: 6) ? .learningSwitchedOff(by: "x", reason: "r") : .stepDue
    default: return .evaluated(evaluation())
    }
  }

  @Test(
    "inputs in any order make no illegal move, no share without validation and no id twice", arguments: 1...40
  )
  func anyOrder(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    var deployment = Deployment(organization: "o", id: "d")
    var totals = StageTotals()
    var (ids, sequence, time): (Set<String>, Int64, Int64) = ([], 0, 0)
    for _ in 0..<400 {
      time += Int64(random.int(in: 0..<90_000))
      let before = deployment
      let around = RolloutSurroundings(
        time: Timestamp(milliseconds: time), policy: random.chance(1, in: 20) ? nil : policy,
        isLearningOn: !random.chance(1, in: 20))
      let decision = deployment.apply(input(&random, deployment), around, totals: &totals)
      // The legal moves, a newer revision's aside.
      if deployment.revision == before.revision, deployment.phase != before.phase {
        #expect(before.phase.successors.contains(deployment.phase))
      }
      switch deployment.phase {
      case .running, .paused, .rollingBack, .completed: #expect(deployment.percent > 0)
      case .gate: #expect((deployment.percent > 0) == (deployment.stage >= 0))
      default: #expect(deployment.percent == 0)
      }
      if deployment.percent > before.percent {
        #expect(decision?.action == .advance || decision?.action == .resume)
        #expect(Set(deployment.validations.filter(\.passed).map(\.kind)).count == 3)
        #expect(around.isLearningOn)
      }
      if let decision {
        #expect(ids.insert(decision.id).inserted)
        #expect(decision.changesShare && !decision.isDrill ? decision.sequence == sequence + 1 : true)
        sequence = max(sequence, decision.sequence)
        #expect(decision.decidedAt.rawValue == time)
      } else {
        #expect(deployment.percent == before.percent)
      }
      var bytes: [UInt8] = []
      deployment.store(into: &bytes)
      #expect(unsafe Deployment(stored: bytes.span.bytes) == deployment)
    }
    #expect(ids.count > 5)
  }

  @Test("what a store keeps of the arms gives them back, and no part of it is one")
  func storable() {
    var history = DeploymentHistory(totals: StageTotals(since: EventTime(milliseconds: 0)))
    for arm in DeploymentArm.allCases {
      for start in [15_000, 0, 30_000, 299_985] {
        var tally = ArmTally()
        tally.errors.add(true)
        tally.latency_ms.add(12)
        tally.memory_bytes.add(1e9)
        tally.note(
          EvidenceOrigin(TopicPartition(topic: "t", partition: PartitionID(1)), Offset(Int64(start))))
        let time = EventTime(milliseconds: Int64(start))
        history.add(
          DeploymentPane(
            DeploymentReference(organization: "o", agent: "a", deployment: "d", arm: arm),
            start: DeploymentPane.start(of: time), tally: tally))
      }
    }
    #expect(history.stretches.count == 1)
    var bytes: [UInt8] = []
    history.stretches[0].store(into: &bytes)
    #expect(unsafe PaneStretch(stored: bytes.span.bytes) == history.stretches[0])
    for count in 0..<bytes.count {
      let part = Array(bytes[..<count])
      #expect(unsafe PaneStretch(stored: part.span.bytes) == nil)
    }
    var totals: [UInt8] = []
    history.totals.store(into: &totals)
    #expect(unsafe StageTotals(stored: totals.span.bytes) == history.totals)
    #expect(history.totals.candidate.evidence.first?.last == Offset(299_985))
  }

  @Test("a decision's id says which deployment, revision, cause and step it is about, and nothing else")
  func identity() {
    func id(_ deployment: String = "d", _ revision: Int64 = 1, _ cause: String = "c", _ step: Int = 0)
      -> String
    {
      RolloutDecision.identity(
        organization: "o", deployment: deployment, revision: revision, action: .gradualRollback, cause: cause,
        step: step, occurrence: 0)
    }
    #expect(id() == id() && id() == "0a3903f29aca2f24a1e3bb3c50425425")
    #expect(Set([id(), id("e"), id("d", 2), id("d", 1, "x"), id("d", 1, "c", 1)]).count == 5)
  }

  @Test(
    "of triggers that break at the same look the most urgent decides, and the others are named",
    arguments: [
      (["g", "f", "i"], RolloutDecision.Action.immediateRollback, "i"),
      (["g", "f"], .featureDisable, "f"), (["g"], .gradualRollback, "g"),
    ])
  func severalAtOnce(_ broken: [String], _ action: RolloutDecision.Action, _ cause: String) throws {
    var deployment = Deployment(organization: "o", id: "d")
    var totals = StageTotals()
    func apply(_ input: RolloutInput, at time: Int64) -> RolloutDecision? {
      let around = RolloutSurroundings(
        time: Timestamp(milliseconds: time), policy: policy, isLearningOn: true)
      return deployment.apply(input, around, totals: &totals)
    }
    let plan = DeploymentPlan(
      kind: .prompt, candidate: "c", baseline: "b", policy: "p", revision: 1, highImpact: false)
    _ = apply(.created(agent: "a", plan), at: 1000)
    for kind in ValidationKind.allCases { _ = apply(.validated(kind, passed: true, revision: nil), at: 1000) }
    #expect(deployment.phase == .running)
    let decision = apply(.evaluated(Evaluation(findings: broken.map { finding($0, .broken) })), at: 2000)
    #expect(decision?.action == action)
    #expect(decision?.cause == cause)
    #expect(decision?.alsoBroken.sorted() == broken.filter { $0 != cause }.sorted())
  }
}
