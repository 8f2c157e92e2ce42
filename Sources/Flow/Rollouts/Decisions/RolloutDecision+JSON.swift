// Decisions and deployments as JSON, as schemas/decisions and schemas/projections describe them.
internal import Basics
internal import Events
public import Metrics

extension RolloutDecision {
  /// `position`: the record that made it, or the last before the timer that did.
  public func appendJSON(to bytes: inout [UInt8], position: OffsetRange?) {
    var json = JSONFieldWriter()
    json.field("schema_version", Int64(1))
    json.field("id", id)
    json.field("organization", organization)
    json.field("agent", agent)
    json.field("position", position)
    json.field("deployment_id", deployment)
    json.field("revision", plan.revision)
    json.field("sequence", sequence)
    json.field("action", action.rawValue)
    json.field("cause", cause)
    json.field("step", Int64(step))
    json.field("actor", actor)
    json.field("policy", plan.policy)
    json.field("policy_version", policyVersion)
    json.field("previous_percent", Int64(previousPercent))
    json.field("target_percent", Int64(targetPercent))
    json.field("baseline_percent", Int64(100 - targetPercent))
    json.field("candidate", plan.candidate)
    json.field("baseline", plan.baseline)
    json.field("candidate_kind", plan.kind.name)
    if let trafficClass {
      json.object("traffic_class") {
        $0.field("header", trafficClass.header)
        $0.field("value", trafficClass.value)
      }
    }
    json.object("flags") { json in for flag in flags { json.field(flag.name, flag.isOn) } }
    json.field("reason", reason)
    json.field("decided_at", decidedAt.description)
    if let finding { json.object("measurement") { $0.fields(of: finding) } }
    json.list("also_broken", alsoBroken)
    json.objects("evidence", evidence) { json, range in json.fields(of: range) }
    json.field("drill", isDrill)
    json.fields(ofLinks: plan)
    json.finish(into: &bytes)
  }
}

extension Deployment {
  /// The projection: where it stands, what both arms measure over the stage, and what has happened.
  public func appendJSON(
    to bytes: inout [UInt8], totals: StageTotals, findings: [Finding], position: OffsetRange?
  ) {
    var json = JSONFieldWriter()
    json.field("schema_version", Int64(1))
    json.field("organization", organization)
    json.field("agent", agent)
    json.field("position", position)
    json.field("deployment_id", id)
    json.field("revision", revision)
    json.field("sequence", sequence)
    json.field("phase", phase.name)
    json.field("stage", Int64(stage))
    json.field("percent", Int64(percent))
    json.field("held_for", heldFor)
    json.field("candidate_since", candidateSince?.description)
    json.field("stage_since", stageSince?.description)
    json.field("awaited_decision", awaited)
    if let plan {
      json.field("policy", plan.policy)
      json.field("candidate", plan.candidate)
      json.field("baseline", plan.baseline)
      json.field("candidate_kind", plan.kind.name)
      json.field("high_impact", plan.highImpact)
      json.field("created_by", plan.createdBy)
      json.field("description", plan.description)
      json.fields(ofLinks: plan)
    }
    json.field("baseline_healthy", lastReport?.baselineHealthy)
    json.objects("validations", validations) { json, validation in
      json.field("validation", validation.kind.name)
      json.field("passed", validation.passed)
    }
    json.object("arms") { json in
      json.object("candidate") { $0.fields(of: totals.candidate) }
      json.object("baseline") { $0.fields(of: totals.baseline) }
    }
    json.objects("triggers", findings) { json, finding in
      json.field("trigger", finding.trigger)
      json.fields(of: finding)
      json.field("broken_since", conditions.first { $0.trigger == finding.trigger }?.since.description)
    }
    json.objects("history", history) { json, entry in
      json.field("at", entry.at.description)
      json.field("what", entry.what)
      json.field("by", entry.by)
      json.field("text", entry.text)
    }
    json.finish(into: &bytes)
  }
}

// MARK: - Writing

/// Fields in the order given; one that is nil is left out.
struct JSONFieldWriter {
  private var bytes: [UInt8] = [UInt8(ascii: "{")]
  private var isFirst = true

  private mutating func name(_ name: String) {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    isFirst = false
    bytes.appendJSON(name)
    bytes.append(UInt8(ascii: ":"))
  }

  mutating func field(_ name: String, _ text: String?) {
    guard let text else { return }
    self.name(name)
    bytes.appendJSON(text)
  }

  mutating func field(_ name: String, _ number: Int64?) {
    guard let number else { return }
    self.name(name)
    bytes.append(contentsOf: "\(number)".utf8)
  }

  /// A number that JSON cannot hold is left out.
  mutating func field(_ name: String, _ number: Double?) {
    guard let number, number.isFinite else { return }
    self.name(name)
    bytes.appendJSON(number)
  }

  mutating func field(_ name: String, _ value: Bool?) {
    guard let value else { return }
    self.name(name)
    bytes.append(contentsOf: (value ? "true" : "false").utf8)
  }

  mutating func object(_ name: String, _ body: (inout JSONFieldWriter) -> Void) {
    self.name(name)
    var inner = JSONFieldWriter()
    body(&inner)
    inner.finish(into: &bytes)
  }

  mutating func list(_ name: String, _ texts: [String]) {
    self.name(name)
    bytes.append(UInt8(ascii: "["))
    for (index, text) in texts.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.appendJSON(text)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  mutating func objects<Item>(_ name: String, _ items: [Item], _ body: (inout JSONFieldWriter, Item) -> Void)
  {
    self.name(name)
    bytes.append(UInt8(ascii: "["))
    for (index, item) in items.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      var inner = JSONFieldWriter()
      body(&inner, item)
      inner.finish(into: &bytes)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  func finish(into target: inout [UInt8]) {
    target += bytes
    target.append(UInt8(ascii: "}"))
  }
}

extension JSONFieldWriter {
  /// One record: its topic, partition and offset.
  fileprivate mutating func field(_ name: String, _ position: OffsetRange?) {
    guard let position else { return }
    object(name) { json in
      json.field("topic", position.place.topic)
      json.field("partition", Int64(position.place.partition.rawValue))
      json.field("offset", position.last.rawValue)
    }
  }

  fileprivate mutating func field(_ name: String, _ actor: RolloutDecision.Actor) {
    object(name) { json in
      switch actor {
      case .policy: json.field("kind", "policy")
      case .person(let person):
        json.field("kind", "person")
        json.field("id", person)
      }
    }
  }

  fileprivate mutating func fields(of range: OffsetRange) {
    field("topic", range.place.topic)
    field("partition", Int64(range.place.partition.rawValue))
    field("first_offset", range.first.rawValue)
    field("last_offset", range.last.rawValue)
  }

  fileprivate mutating func fields(ofLinks plan: DeploymentPlan) {
    field("proposal_id", plan.proposalID)
    field("experiment_id", plan.experimentID)
    field("training_run_id", plan.trainingRunID)
  }

  fileprivate mutating func fields(of finding: Finding) {
    field("metric", finding.metric.rawValue)
    field("outcome", finding.outcome.rawValue)
    field("span", finding.span.rawValue)
    field("value", finding.value)
    field("baseline", finding.baseline)
    field("comparison", "\(finding.limit.direction.rawValue)_\(finding.limit.against.name)")
    field("threshold", finding.limit.limit)
    field("statistic", finding.statistic)
    field("bound", finding.bound)
    field("confidence", finding.confidence)
    field("window_seconds", Double(finding.window.milliseconds) / 1000)
    field("hold_seconds", Double(finding.hold.milliseconds) / 1000)
    field("candidate_samples", Int64(clamping: finding.candidateSamples))
    field("baseline_samples", Int64(clamping: finding.baselineSamples))
  }

  fileprivate mutating func fields(of tally: ArmTally) {
    func count(_ value: UInt64) -> Int64? { value > 0 ? Int64(clamping: value) : nil }
    func rate(_ share: ArmTally.Share) -> Double? {
      share.total > 0 ? Double(share.hits) / Double(share.total) : nil
    }
    field("executions", Int64(clamping: tally.errors.total))
    field("error_rate", rate(tally.errors))
    field("incompletion_rate", rate(tally.incompletions))
    field("downtime", rate(tally.downtime))
    field("learning_failure_rate", rate(tally.learningFailures))
    field("latency_p50_ms", tally.latency_ms.quantile(0.5))
    field("latency_p95_ms", tally.latency_ms.quantile(0.95))
    field("satisfaction", tally.satisfaction.mean)
    field("ratings", count(tally.satisfaction.count))
    field("accuracy", tally.accuracy.mean)
    field("memory_bytes", tally.memory_bytes.mean)
  }
}

extension TriggerLimit.Against {
  /// As the schema has it.
  fileprivate var name: String {
    switch self {
    case .absolute: "limit"
    case .baselinePlus: "baseline_plus"
    case .baselineTimes: "baseline_times"
    }
  }
}
