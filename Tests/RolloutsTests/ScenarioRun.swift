// A scenario lived: its events and its traffic go into a world, an executor acts on what the world decides,
// and what it decided is compared with what the scenario expects. The traffic depends on the share that the
// executor has applied, as it would.
import Basics
import Events
import Metrics
import Rollouts

/// What a scenario sees of a decision.
struct SeenDecision: Hashable {
  var id: String
  var deployment: String
  var revision: Int64
  var sequence: Int64
  var action: String
  var cause: String
  var percent: Int
  var isDrill: Bool
  var at: Timestamp
}

/// Something that decides: Flow/Rollouts alone, or the processor on the engine.
protocol RolloutWorld {
  mutating func submit(_ deployment: String, _ input: RolloutInput, at time: Timestamp)
  mutating func switchLearning(on: Bool, _ reason: String, at time: Timestamp)
  mutating func add(_ pane: DeploymentPane, at time: Timestamp)
  /// Lets time pass, and hands over what has been decided meanwhile.
  mutating func advance(to time: Timestamp) -> [SeenDecision]
  func ending(of deployment: String) -> (phase: String, percent: Int)?
}

struct ScenarioRun<World: RolloutWorld> {
  static var start: Timestamp { Timestamp(milliseconds: 1_767_225_600_000) }

  let scenario: Scenario
  var world: World
  private(set) var decisions: [SeenDecision] = []
  private var random: SeededRandom
  private var isExecutorUp = true
  private var failure: String?
  private var unacted: [SeenDecision] = []
  /// By deployment.
  private var acted: [String: SeenDecision] = [:]
  private var agents: [String: String] = [:]
  private var carried: [String: Double] = [:]
  /// Reports on their way, a second behind the act.
  private var reports: [(at: Timestamp, String, ExecutorReport)] = []

  init(_ scenario: Scenario, _ world: World, seed: UInt64 = 1) {
    self.scenario = scenario
    self.world = world
    random = SeededRandom(seed: seed)
  }

  /// Lives it and says what was not as expected.
  mutating func run() -> [String] {
    var steps = scenario.steps.sorted { $0.at < $1.at }[...]
    var now = Duration.zero
    while now <= scenario.end {
      let time = Self.start + now
      see(world.advance(to: time))
      while let step = steps.first, step.at <= now {
        steps.removeFirst()
        take(step, time)
      }
      act(time)
      for report in reports where report.at <= time { world.submit(report.1, .reported(report.2), at: time) }
      reports.removeAll { $0.at <= time }
      for traffic in scenario.traffic where traffic.from <= now && now < traffic.to {
        generate(traffic, now, time)
      }
      now += scenario.step
    }
    see(world.advance(to: Self.start + scenario.end))
    return scenario.problems + complaints()
  }

  private mutating func see(_ new: [SeenDecision]) {
    decisions += new
    unacted += new.filter { $0.action != "hold" }
  }

  // MARK: The executor

  /// Acts on the newest decision of each deployment, once, and says of older ones that it skipped them.
  private mutating func act(_ time: Timestamp) {
    guard isExecutorUp else { return }
    for decision in unacted {
      let newest = unacted.last { $0.deployment == decision.deployment && !$0.isDrill }
      let isOld = !decision.isDrill && decision != newest
      let status: StepStatus = failure != nil ? .failed : isOld ? .skipped : .applied
      if status == .applied, !decision.isDrill { acted[decision.deployment] = decision }
      let report = ExecutorReport(
        decisionID: decision.id, status: status, baselineHealthy: true, executor: "executor-1", error: failure
      )
      reports.append((time + .seconds(1), decision.deployment, report))
    }
    unacted = []
  }

  // MARK: Events

  private mutating func take(_ step: Scenario.Step, _ time: Timestamp) {
    let words = step.words
    func text(_ name: String) -> String? {
      words.firstIndex(of: name).flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil }
    }
    let reason =
      words.firstIndex(of: "because").map { words[($0 + 1)...].joined(separator: " ") } ?? "asked to"
    let by = text("by") ?? "anna"
    switch words[0] {
    case "created":
      agents[words[1]] = text("agent") ?? "triage"
      let plan = DeploymentPlan(
        kind: .prompt, candidate: text("candidate") ?? "v2", baseline: "v1",
        policy: text("policy") ?? scenario.policy, revision: Int64(text("revision") ?? "1") ?? 1,
        highImpact: words.contains("high_impact"), queryShare: text("query_share").flatMap(Double.init),
        trainingRunID: text("training_run"))
      world.submit(words[1], .created(agent: agents[words[1]] ?? "", plan), at: time)
    case "validated":
      let kinds = ValidationKind.allCases.filter { words[2] == "all" || words[2] == $0.name }
      for kind in kinds {
        let passed = !words.contains("failed")
        world.submit(
          words[1], .validated(kind, passed: passed, revision: text("revision").flatMap { Int64($0) }),
          at: time)
      }
    case "drilled": world.submit(words[1], .drilled(by: by, reason: reason), at: time)
    case "executor":
      isExecutorUp = words[1] != "down"
      failure = words[1] == "fails" ? "permission-denied" : nil
    case "learning": world.switchLearning(on: words[1] == "on", reason, at: time)
    default:
      guard let command = DeploymentCommand.allCases.first(where: { $0.name == words[0] }) else { return }
      let revision = text("revision").flatMap { Int64($0) }
      world.submit(words[1], .commanded(command, by: by, reason: reason, revision: revision), at: time)
    }
  }

  // MARK: Traffic

  private mutating func generate(_ traffic: Scenario.Traffic, _ now: Duration, _ time: Timestamp) {
    let name = traffic.deployment
    let share = Double(acted[name]?.percent ?? 0) / 100
    let all = traffic.perSecond * Double(scenario.step.milliseconds) / 1000
    for arm in DeploymentArm.allCases {
      let wanted = all * (arm == .candidate ? share : 1 - share) + (carried["\(name) \(arm)"] ?? 0)
      carried["\(name) \(arm)"] = wanted - wanted.rounded(.down)
      var tally = ArmTally()
      measure(traffic, arm, Int(wanted), now, &tally)
      guard !tally.isEmpty || wanted >= 1 || share > 0 else { continue }
      tally.note(
        EvidenceOrigin(
          TopicPartition(topic: "ratchet.executions", partition: PartitionID(arm == .candidate ? 0 : 1)),
          Offset(now.milliseconds / 1000)))
      let pane = DeploymentPane(
        DeploymentReference(organization: "acme", agent: agents[name] ?? "", deployment: name, arm: arm),
        start: DeploymentPane.start(of: EventTime(milliseconds: time.rawValue)), tally: tally)
      world.add(pane, at: time)
    }
  }

  private mutating func measure(
    _ traffic: Scenario.Traffic, _ arm: DeploymentArm, _ count: Int, _ now: Duration, _ tally: inout ArmTally
  ) {
    func value(_ name: String, _ fallback: Double) -> Double {
      let own = arm == .baseline ? traffic.values["baseline_\(name)"] : traffic.values[name]
      return own ?? (arm == .baseline ? fallback : traffic.values["baseline_\(name)"] ?? fallback)
    }
    let (errors, latency) = (value("errors", 0.02), value("latency", 200))
    let (ratings, stars) = (traffic.values["ratings"] ?? 0.2, value("satisfaction", 4.2))
    for _ in 0..<count {
      tally.errors.add(random.fraction() < errors)
      let milliseconds = latency * Mathematics.exp(0.5 * normal())
      tally.latency_ms.add(milliseconds)
      tally.latencyMoments_ms.add(milliseconds)
      if random.fraction() < ratings {
        let p = (stars - 1) / 4
        tally.satisfaction.add((0..<4).reduce(1.0) { sum, _ in sum + (random.fraction() < p ? 1 : 0) })
      }
      if traffic.values["accuracy"] != nil {
        tally.accuracy.add(random.fraction() < value("accuracy", 0.9) ? 1 : 0)
      }
      if traffic.values["learning_failures"] != nil {
        tally.learningFailures.add(random.fraction() < value("learning_failures", 0.01))
      }
    }
    if traffic.values["downtime"] != nil { tally.downtime.add(random.fraction() < value("downtime", 0)) }
    if arm == .candidate, let memory = traffic.values["memory"] {
      let hours = Double((now - traffic.from).milliseconds) / 3_600_000
      tally.memory_bytes.add(memory + hours * (traffic.values["memory_per_hour"] ?? 0))
    }
  }

  private mutating func normal() -> Double {
    (-2 * Mathematics.log(1 - random.fraction())).squareRoot() * Mathematics.cos(2 * .pi * random.fraction())
  }

  // MARK: Judging

  private func complaints() -> [String] {
    var found: [String] = []
    for name in Set(scenario.expected.map(\.deployment)).union(decisions.map(\.deployment)).sorted() {
      let seen = decisions.filter { $0.deployment == name }
      let wanted = scenario.expected.filter { $0.deployment == name }
      for index in 0..<max(seen.count, wanted.count) {
        let actual = seen.indices.contains(index) ? "\(line(seen[index]))" : "nothing"
        guard wanted.indices.contains(index) else {
          found.append("\(scenario.name): beyond what is expected: \(actual)")
          continue
        }
        let want = wanted[index]
        guard seen.indices.contains(index), matches(want, seen[index]) else {
          found.append(
            "\(scenario.name):\(want.line): expected \(want.action) \(want.cause), found \(actual)")
          continue
        }
      }
    }
    for ending in scenario.endings {
      let actual = world.ending(of: ending.deployment)
      if actual?.phase != ending.phase || actual?.percent != ending.percent {
        found.append("\(scenario.name):\(ending.line): it ends \(actual.map { "\($0)" } ?? "unknown")")
      }
    }
    return found
  }

  private func matches(_ want: Scenario.Expectation, _ seen: SeenDecision) -> Bool {
    want.action == seen.action && want.cause == seen.cause && want.percent ?? seen.percent == seen.percent
      && want.between?.contains(seen.at - Self.start) ?? true
  }

  private func line(_ decision: SeenDecision) -> String {
    let seconds = (decision.at - Self.start).milliseconds / 1000
    return "\(decision.action) \(decision.cause) to \(decision.percent)% at \(seconds)s"
  }
}
