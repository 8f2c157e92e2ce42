// What the projection deployments says of a deployment.
public import Events

/// The fields of a record of deployments.
public enum DeploymentField: Int, ProjectionKind {
  case deploymentID, agent, revision, sequence, phase, stage, percent, heldFor, candidateSince, stageSince,
    awaitedDecision, policy, candidate, baseline, candidateKind, highImpact, createdBy, description,
    proposalID, experimentID, trainingRunID, baselineHealthy, validations, candidateArm, baselineArm,
    measurements, history

  public static let shape = ProjectionShape(
    .projection, on: "deployments",
    "A deployment: where it stands and why, what both arms measure in the stage, what has happened (R10).",
    key: "organization and deployment id, as organization/id", fields: Self.self,
    columns: [.deploymentID, .agent, .phase, .stage, .percent, .heldFor])

  public var field: Field {
    switch self {
    case .deploymentID: .id("deployment_id", "the deployment").required
    case .agent: .id("agent", "the agent it changes")
    case .revision: .count("revision", "its current revision; 0 until it has been created").required
    case .sequence: .count("sequence", "how many decisions have changed something").required
    case .phase: .choice("phase", DeploymentPhase.self, "where it stands").required
    case .stage: .whole("stage", -1...1024, "the stage's number, from 0; -1 before the first").required
    case .percent: .percent("percent", "the candidate's share, as decided").required
    case .heldFor: .text("held_for", "why it does not go on")
    case .candidateSince: .time("candidate_since", "since when the candidate's measurements count")
    case .stageSince: .time("stage_since", "since when the stage counts: an executor has reported it")
    case .awaitedDecision: .id("awaited_decision", "the decision that no executor has reported yet")
    case .policy: .id("policy", "its policy")
    case .candidate: .id("candidate", "the version that is rolled out")
    case .baseline: .id("baseline", "the version it is compared with")
    case .candidateKind: .choice("candidate_kind", CandidateKind.self, "what it changes")
    case .highImpact: .boolean("high_impact", "whether it says that a human must approve it")
    default: linkField
    }
  }

  private var linkField: Field {
    switch self {
    case .createdBy: .id("created_by", "who wants it")
    case .description: .text("description", "what it changes and why")
    case .proposalID: .id("proposal_id", "the proposal behind it")
    case .experimentID: .id("experiment_id", "the experiment behind it")
    case .trainingRunID: .id("training_run_id", "the training run behind it")
    case .baselineHealthy: .boolean("baseline_healthy", "the baseline's health, as last reported")
    case .validations: .records("validations", ValidationField.self, upTo: 16, "what it was validated by")
    case .candidateArm:
      .group("candidate_arm", ArmMeasuresField.self, "the candidate over the stage").required
    case .baselineArm: .group("baseline_arm", ArmMeasuresField.self, "the baseline over the stage").required
    case .measurements:
      .records("measurements", MeasurementField.self, upTo: 256, "every trigger, as last looked at")
    default: .records("history", HistoryField.self, upTo: 64, "the latest of what has happened, oldest first")
    }
  }
}

/// A validation's result.
public enum ValidationField: Int, FieldSet {
  case validation, passed

  public var field: Field {
    switch self {
    case .validation: .choice("validation", ValidationKind.self, "which").required
    case .passed: .boolean("passed", "whether it was passed").required
    }
  }
}

/// What an arm measures.
public enum ArmMeasuresField: Int, FieldSet {
  case executions, errorRate, incompletionRate, downtime, learningFailureRate, latencyP50_ms, latencyP95_ms,
    satisfaction, ratings, accuracy, memory_bytes

  public var field: Field {
    switch self {
    case .executions: .count("executions", "executions that name the deployment").required
    case .errorRate: .fraction("error_rate", "of executions, those that ended in an error")
    case .incompletionRate: .fraction("incompletion_rate", "of those that say so, tasks not completed")
    case .downtime: .fraction("downtime", "of probes, those that found it down")
    case .learningFailureRate: .fraction("learning_failure_rate", "of learning operations, those that failed")
    case .latencyP50_ms: .amount("latency_p50_ms", "median of executions' durations, to 1/128 of itself")
    case .latencyP95_ms: .amount("latency_p95_ms", "95th percentile, likewise")
    case .satisfaction: .value("satisfaction", "mean rating, 1 to 5")
    case .ratings: .count("ratings", "how many ratings")
    case .accuracy: .value("accuracy", "mean score of the evaluation accuracy")
    case .memory_bytes: .amount("memory_bytes", "mean of what was measured")
    }
  }
}

/// Something that happened to a deployment.
public enum HistoryField: Int, FieldSet {
  case at, what, by, text

  public var field: Field {
    switch self {
    case .at: .time("at", "recorded time").required
    case .what: .id("what", "a decision's action, or validated, approved, reported, refused, drill").required
    case .by: .id("by", "the policy, person or executor")
    case .text: .text("text", "what there is to say")
    }
  }
}
