// topology/policies/*.yaml into policies, or everything that is wrong with them. What a policy means is
// Flow/Rollouts' affair; only its text is read here.
public import Basics
internal import Events
public import Rollouts
internal import YAML

/// The policy of one file. Its version is the beginning of its content's SHA-256, as decisions name it.
public func parsePolicy(_ bytes: [UInt8], file: String) throws(Diagnostics) -> RolloutPolicy {
  let root = try parseYAML(bytes, file: file)
  var reader = StrictReader(file: file)
  let policy = reader.policy(root)
  try reader.finish()
  guard var policy else { throw Diagnostics([Diagnostic("no policy", at: .path(file))]) }
  policy.version = SHA256.hash(bytes).prefix(6).reduce(into: "") { text, byte in
    text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }
  return policy
}

/// The policies of several files by name; a name that stands twice is told.
public func parsePolicies(
  _ files: [(path: String, content: [UInt8])]
) throws(Diagnostics) -> [String: RolloutPolicy] {
  var policies: [String: RolloutPolicy] = [:]
  var findings: [Diagnostic] = []
  for (path, content) in files {
    do throws(Diagnostics) {
      let policy = try parsePolicy(content, file: path)
      if policies.updateValue(policy, forKey: policy.name) != nil {
        findings.append(
          Diagnostic("policy \"\(policy.name)\" stands in another file already", at: .path(path)))
      }
    } catch { findings += error.all }
  }
  guard findings.isEmpty else { throw Diagnostics(findings) }
  return policies
}

private let policyKeys = [
  "policy", "traffic_class", "validations", "approval", "high_impact_query_share", "wait_for_executor",
  "interval", "gradual", "features", "learning_flag", "stages", "triggers", "guardrails",
]
private let stageKeys = ["name", "percent", "duration", "advance_if", "minimum_requests"]
private let limitKeys = [
  "above", "below", "above_baseline_plus", "below_baseline_plus", "above_baseline_times",
  "below_baseline_times",
]
private let triggerKeys =
  ["name", "metric"] + limitKeys
  + ["window", "hold", "recovery", "minimum_samples", "confidence", "action", "required"]

/// Flow/Events names validations by number; in files they have names.
private enum ValidationWord: String, CaseIterable {
  case goldenSet = "golden_set"
  case regression, safety

  var kind: ValidationKind {
    switch self {
    case .goldenSet: .goldenSet
    case .regression: .regression
    case .safety: .safety
    }
  }
}

extension StrictReader {
  fileprivate mutating func policy(_ node: Node) -> RolloutPolicy? {
    guard
      let fields = fields(
        node, of: "policy", known: policyKeys, required: ["policy", "stages", "triggers"])
    else { return nil }
    let name = fields["policy"].flatMap { text($0) } ?? ""
    let stages = stages(fields["stages"])
    let triggers =
      triggers(fields["triggers"], scope: .always) + triggers(fields["guardrails"], scope: .canary)
    checkNames(stages.map(\.name), fields["stages"], "stage")
    checkNames(triggers.map(\.name), fields["triggers"], "trigger")
    var policy = RolloutPolicy(name: name, stages: stages, triggers: triggers)
    if let node = fields["traffic_class"] { policy.trafficClass = trafficClass(node) }
    if let node = fields["validations"] {
      policy.validations = (items(node) ?? []).compactMap { choice($0, of: ValidationWord.self)?.kind }
    }
    if let word: RolloutPolicy.Approval = fields["approval"].flatMap({ choice($0) }) {
      policy.approval = word
    }
    if let share = fields["high_impact_query_share"].flatMap({ number($0, in: 0...1) }) {
      policy.highImpactQueryShare = share
    }
    if let waits = fields["wait_for_executor"].flatMap({ boolean($0) }) { policy.waitsForExecutor = waits }
    if let interval = fields["interval"].flatMap({ time($0, least: .seconds(1)) }) {
      policy.interval = interval
    }
    if let node = fields["gradual"] { policy.gradual = gradual(node) ?? policy.gradual }
    if let node = fields["features"] { policy.features = (items(node) ?? []).compactMap { text($0) } }
    if let flag = fields["learning_flag"].flatMap({ text($0) }) { policy.learningFlag = flag }
    return policy
  }

  private mutating func checkNames(_ names: [String], _ node: Node?, _ what: String) {
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted {
      if let node { report("\(what) \"\(name)\" stands twice", at: node.position) }
    }
  }

  private mutating func trafficClass(_ node: Node) -> RolloutPolicy.TrafficClass? {
    guard
      let fields = fields(
        node, of: "traffic class", known: ["header", "value"], required: ["header", "value"]),
      let header = fields["header"].flatMap({ text($0) }), let value = fields["value"].flatMap({ text($0) })
    else { return nil }
    return RolloutPolicy.TrafficClass(header: header, value: value)
  }

  private mutating func gradual(_ node: Node) -> GradualRollback? {
    guard let fields = fields(node, of: "gradual rollback", known: ["percents", "interval"]) else {
      return nil
    }
    var gradual = GradualRollback()
    if let node = fields["percents"] {
      gradual.percents = (items(node) ?? []).compactMap { integer($0, in: 0...100) }
      let isFalling = zip(gradual.percents, gradual.percents.dropFirst()).allSatisfy { $0 > $1 }
      if !isFalling || gradual.percents.last != 0 {
        report("percents that do not fall to 0", at: node.position, next: "write [75, 50, 25, 0]")
      }
    }
    if let interval = fields["interval"].flatMap({ time($0, least: .seconds(1)) }) {
      gradual.interval = interval
    }
    return gradual
  }

  // MARK: Stages

  private mutating func stages(_ node: Node?) -> [RolloutStage] {
    guard let node, let items = items(node) else { return [] }
    var stages: [RolloutStage] = []
    for item in items {
      guard let stage = stage(item) else { continue }
      if let last = stages.last, stage.percent <= last.percent {
        report(
          "stage \"\(stage.name)\" does not raise the share", at: item.position,
          why: "the stage before it has \(last.percent) percent")
      }
      stages.append(stage)
    }
    if stages.last?.percent != 100, stages.count == items.count {
      report("the last stage does not have 100 percent", at: node.position)
    }
    return stages
  }

  private mutating func stage(_ node: Node) -> RolloutStage? {
    guard
      let fields = fields(
        node, of: "stage", known: stageKeys, required: ["name", "percent", "duration"]),
      let name = fields["name"].flatMap({ text($0) }),
      let percent = fields["percent"].flatMap({ integer($0, in: 1...100) }),
      let duration = fields["duration"].flatMap({ time($0, least: .seconds(1)) })
    else { return nil }
    var stage = RolloutStage(name: name, percent: percent, duration: duration)
    if let word: RolloutStage.Condition = fields["advance_if"].flatMap({ choice($0) }) {
      stage.condition = word
    }
    if let count = fields["minimum_requests"].flatMap({ integer($0, in: 1...1_000_000_000) }) {
      stage.minimumRequests = UInt64(count)
    }
    return stage
  }

  // MARK: Triggers

  private mutating func triggers(_ node: Node?, scope: RolloutTrigger.Scope) -> [RolloutTrigger] {
    guard let node else { return [] }
    return (items(node) ?? []).compactMap { trigger($0, scope) }
  }

  private mutating func trigger(_ node: Node, _ scope: RolloutTrigger.Scope) -> RolloutTrigger? {
    let what = scope == .always ? "trigger" : "guardrail"
    let required = ["name", "metric", "window"] + (scope == .always ? ["action"] : [])
    guard let fields = fields(node, of: what, known: triggerKeys, required: required),
      let name = fields["name"].flatMap({ text($0) }),
      let metric: RolloutMetric = fields["metric"].flatMap({ choice($0) }),
      let limit = limit(fields, of: node, what),
      let window = fields["window"].flatMap({ time($0, least: .seconds(15)) })
    else { return nil }
    var trigger = RolloutTrigger(
      name: name, metric: metric, limit: limit, window: window, action: .immediateRollback, scope: scope)
    if window > Self.windowMax {
      report(
        "a window longer than \(durationText(Self.windowMax))",
        at: fields["window"]?.position ?? node.position)
    }
    if metric == .memoryGrowth, limit.needsBaseline {
      report("memory_growth has no baseline", at: node.position, next: "write above: and a number of bytes")
    }
    if let hold = fields["hold"].flatMap({ time($0, least: .zero) }) { trigger.hold = hold }
    if let recovery = fields["recovery"].flatMap({ time($0, least: .zero) }) { trigger.recovery = recovery }
    if let least = fields["minimum_samples"].flatMap({ integer($0, in: 5...1_000_000_000) }) {
      trigger.minimumSamples = UInt64(least)
    }
    if let node = fields["confidence"], let confidence = number(node, in: 0.5...0.999_999_9) {
      trigger.confidence = confidence
    }
    if let action: RollbackAction = fields["action"].flatMap({ choice($0) }) { trigger.action = action }
    if let isRequired = fields["required"].flatMap({ boolean($0) }) { trigger.isRequired = isRequired }
    return trigger
  }

  /// Panes are kept for as long as this.
  private static let windowMax: Duration = .seconds(6 * 3600)

  private mutating func limit(_ fields: [String: Node], of node: Node, _ what: String) -> TriggerLimit? {
    let given = limitKeys.filter { fields[$0] != nil }
    guard given.count == 1, let node = fields[given[0]] else {
      report(
        given.isEmpty ? "a \(what) without a limit" : "a \(what) with several limits", at: node.position,
        next: "write one of \(limitKeys.joined(separator: ", "))")
      return nil
    }
    guard let value = number(node, in: -1e18...1e18) else { return nil }
    let direction: TriggerLimit.Direction = given[0].hasPrefix("above") ? .above : .below
    let against: TriggerLimit.Against =
      given[0].hasSuffix("_plus") ? .baselinePlus : given[0].hasSuffix("_times") ? .baselineTimes : .absolute
    return TriggerLimit(direction, against, value)
  }

  // MARK: Scalars

  private mutating func number(_ node: Node, in range: ClosedRange<Double>) -> Double? {
    guard let written = written(node) else { return nil }
    guard let value = Double(written), range.contains(value) else {
      return unexpected(node, wanted: "a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  private mutating func time(_ node: Node, least: Duration) -> Duration? {
    guard let written = written(node) else { return nil }
    if let duration = parseDuration(written), duration >= least { return duration }
    report(
      "invalid duration \"\(written)\"", at: node.position,
      why: "a duration is a number with a unit, 30s, 15m, 12h, 7d, and here at least \(durationText(least))")
    return nil
  }
}
