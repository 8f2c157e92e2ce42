// What rollback-decisions and rollout-decisions say: one declaration, because an executor reads both alike.
public import Events

/// The fields of a decision (R10.4).
public enum RolloutDecisionField: Int, ProjectionKind {
  case id, agent, deploymentID, revision, sequence, action, cause, step, actor, policy, policyVersion,
    previousPercent, targetPercent, baselinePercent, candidate, baseline, candidateKind, trafficClass, flags,
    reason, decidedAt, measurement, alsoBroken, evidence, drill, proposalID, experimentID, trainingRunID

  public static let shape = ProjectionShape(
    .decision, on: "rollout-decisions",
    "What was decided of a deployment and is no rollback: advance, hold, resume, complete (R10.3, R10.5).",
    key: "organization and deployment id, as organization/id", fields: Self.self,
    columns: [.deploymentID, .action, .cause, .targetPercent, .reason, .decidedAt])

  /// The same fields on the other topic.
  public static let rollbackShape = ProjectionShape(
    .decision, on: "rollback-decisions",
    "A deployment's candidate loses traffic or features, with the evidence for it (R10.1, R10.2, R10.4).",
    key: "organization and deployment id, as organization/id", fields: Self.self,
    columns: [.deploymentID, .action, .cause, .targetPercent, .reason, .decidedAt])

  public var field: Field {
    switch self {
    case .id: .id("id", "the decision's own; the same decision always has the same").required
    case .agent: .id("agent", "the agent that the deployment changes")
    case .deploymentID: .id("deployment_id", "the deployment").required
    case .revision:
      .count("revision", "the deployment's revision; an executor refuses one below what it has seen").required
    case .sequence:
      .count(
        "sequence",
        "counts the deployment's decisions that change something; an executor refuses one that is not above "
          + "what it has acted on"
      ).required
    case .action: .choice("action", RolloutDecision.Action.self, "what is to be done").required
    case .cause: .id("cause", "the trigger's or the stage's name, or why it was decided").required
    case .step: .count("step", "of a gradual rollback, from 0; of an advance, the stage's number").required
    case .actor: .group("actor", ActorField.self, "who decided").required
    case .policy: .id("policy", "the policy in force").required
    case .policyVersion: .id("policy_version", "the beginning of the SHA-256 of its file")
    default: changeField
    }
  }

  private var changeField: Field {
    switch self {
    case .previousPercent: .percent("previous_percent", "the candidate's share until now").required
    case .targetPercent: .percent("target_percent", "the candidate's share from now on").required
    case .baselinePercent: .percent("baseline_percent", "the baseline's share from now on").required
    case .candidate: .id("candidate", "the version that is rolled out").required
    case .baseline: .id("baseline", "the version it is compared with").required
    case .candidateKind: .choice("candidate_kind", CandidateKind.self, "what it changes").required
    case .trafficClass:
      .group(
        "traffic_class", TrafficClassField.self, "whose traffic is shared out; all requests' unless given")
    case .flags: .records("flags", FlagField.self, upTo: 64, "what is to be on or off, beside the shares")
    case .reason: .text("reason", "why, for people").required
    case .decidedAt: .time("decided_at", "recorded time").required
    case .measurement: .group("measurement", MeasurementField.self, "what decided, where a measurement did")
    case .alsoBroken: .ids("also_broken", upTo: 64, "other triggers that had fired")
    case .evidence:
      .records("evidence", EvidenceField.self, upTo: 1024, "where in the inputs the measurement was said")
    case .drill: .boolean("drill", "nothing is to be changed, everything else is to be done").required
    case .proposalID: .id("proposal_id", "the proposal behind it")
    case .experimentID: .id("experiment_id", "the experiment behind it")
    default: .id("training_run_id", "the training run behind it")
    }
  }
}

/// Who decided.
public enum ActorKind: Int, Choice {
  case policy, person
}

/// Who decided.
public enum ActorField: Int, FieldSet {
  case kind, id

  public var field: Field {
    switch self {
    case .kind: .choice("kind", ActorKind.self, "whether a policy did or a person").required
    case .id: .id("id", "the policy's name, or the person").required
    }
  }
}

/// Requests that carry a header with a value.
public enum TrafficClassField: Int, FieldSet {
  case header, value

  public var field: Field {
    switch self {
    case .header: .id("header", "the header").required
    case .value: .id("value", "its value").required
    }
  }
}

/// A switch of the product.
public enum FlagField: Int, FieldSet {
  case name, on

  public var field: Field {
    switch self {
    case .name: .id("name", "the flag").required
    case .on: .boolean("on", "whether it is to be on").required
    }
  }
}

/// One metric against its limit.
public enum MeasurementField: Int, FieldSet {
  case trigger, metric, outcome, span, value, baseline, comparison, threshold, statistic, bound, confidence,
    window_seconds, hold_seconds, candidateSamples, baselineSamples, brokenSince

  public var field: Field {
    switch self {
    case .trigger: .id("trigger", "the trigger or guardrail").required
    case .metric: .id("metric", "what was measured (docs/rollouts.md)").required
    case .outcome: .choice("outcome", Finding.Outcome.self, "what it came to").required
    case .span: .choice("span", Finding.Span.self, "over its window, or over the stage").required
    case .value: .value("value", "the candidate's value, in the metric's unit")
    case .baseline: .value("baseline", "the baseline's value")
    case .comparison:
      .id("comparison", "above or below, and what: limit, baseline_plus or baseline_times").required
    case .threshold: .value("threshold", "the limit of the policy").required
    case .statistic: .value("statistic", "what the limit is held against: the value, a difference or a ratio")
    case .bound: .value("bound", "its one-sided confidence bound, which decides")
    case .confidence: .fraction("confidence", "of the bound").required
    case .window_seconds: .amount("window_seconds", "the trigger's window").required
    case .hold_seconds: .amount("hold_seconds", "how long it must be broken").required
    case .candidateSamples: .count("candidate_samples", "the candidate's").required
    case .baselineSamples: .count("baseline_samples", "the baseline's").required
    case .brokenSince: .time("broken_since", "since when it has been broken without recovering")
    }
  }
}

/// Offsets of one partition between which the measurement was said; not every record there says it.
public enum EvidenceField: Int, FieldSet {
  case topic, partition, firstOffset, lastOffset

  public var field: Field {
    switch self {
    case .topic: .id("topic", "the input topic").required
    case .partition: .count("partition", "its partition").required
    case .firstOffset: .count("first_offset", "the first").required
    case .lastOffset: .count("last_offset", "the last").required
    }
  }
}
