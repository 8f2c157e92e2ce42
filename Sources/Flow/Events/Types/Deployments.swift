// Changes on their way to everybody (R10): proposed, validated, commanded by people, carried out by
// executors.

/// What a deployment changes.
public enum CandidateKind: Int, Choice {
  case prompt, model, configuration, retrieval
}

/// A change is to be rolled out in stages (R10.3, R10.10).
public enum DeploymentCreated: Int, EventKind {
  case deploymentID, candidateKind, candidate, baseline, policy, revision, highImpact, queryShare,
    proposalID, experimentID, trainingRunID, createdBy, description

  public static let type = EventType.deploymentCreated

  public static let shape = EventShape(
    Self.self, on: .deploymentEvents, "A change is to be rolled out in stages (R10.3, R10.10).",
    key: ["deployment_id"], needsAgent: true)

  public var field: Field {
    switch self {
    case .deploymentID: .id("deployment_id", "the deployment").required
    case .candidateKind: .choice("candidate_kind", CandidateKind.self, "what it changes").required
    case .candidate: .id("candidate", "the version that is rolled out").required
    case .baseline: .id("baseline", "the version it is compared with").required
    case .policy: .id("policy", "the policy that decides about it").required
    case .revision: .count("revision", "counts up with every change of the deployment; 1 unless said")
    case .highImpact: .boolean("high_impact", "whether a human must approve it (R10.5)")
    case .queryShare: .fraction("query_share", "the share of queries it affects, 0 to 1 (R6.4)")
    case .proposalID: .id("proposal_id", "the proposal behind it")
    case .experimentID: .id("experiment_id", "the experiment behind it")
    case .trainingRunID: .id("training_run_id", "the training run behind it")
    case .createdBy: .id("created_by", "who wants it")
    case .description: .text("description", "what it changes and why")
    }
  }
}

/// What a candidate is validated by.
public enum ValidationKind: Int, Choice {
  case goldenSet, regression, safety
}

/// A candidate has passed a validation, or not: without it there is no first stage (R6.7).
public enum DeploymentValidated: Int, EventKind {
  case deploymentID, validation, passed, cases, regressions, baselineScore, candidateScore, notes, revision

  public static let type = EventType.deploymentValidated

  public static let shape = EventShape(
    Self.self, on: .deploymentEvents,
    "A candidate has passed a validation, or not: without it there is no first stage (R6.7).",
    key: ["deployment_id"])

  public var field: Field {
    switch self {
    case .deploymentID: .id("deployment_id", "the deployment").required
    case .validation: .choice("validation", ValidationKind.self, "by what it was validated").required
    case .passed: .boolean("passed", "whether it passed").required
    case .cases: .count("cases", "how many cases")
    case .regressions: .count("regressions", "how many of them got worse")
    case .baselineScore: .number("baseline_score", "the baseline's score")
    case .candidateScore: .number("candidate_score", "the candidate's score")
    case .notes: .text("notes", "what the validation says")
    case .revision: .count("revision", "the revision that was validated; the current one unless said")
    }
  }
}

/// What a person wants of a deployment (R10.5).
public enum DeploymentCommand: Int, Choice {
  case rollback, hold, resume, approve, cancel
}

/// A person has decided about a deployment (R10.5).
public enum DeploymentCommanded: Int, EventKind {
  case deploymentID, command, commandedBy, reason, revision

  public static let type = EventType.deploymentCommanded

  public static let shape = EventShape(
    Self.self, on: .deploymentEvents, "A person has decided about a deployment (R10.5).",
    key: ["deployment_id"])

  public var field: Field {
    switch self {
    case .deploymentID: .id("deployment_id", "the deployment").required
    case .command: .choice("command", DeploymentCommand.self, "what is to be done").required
    case .commandedBy: .id("commanded_by", "the person").required
    case .reason: .line("reason", "why").required
    case .revision: .count("revision", "the revision it is meant for; another one is not touched")
    }
  }
}

/// A rollback is to be rehearsed: a decision that changes nothing goes all the way to the executor (R10.8).
public enum DeploymentDrilled: Int, EventKind {
  case deploymentID, commandedBy, reason

  public static let type = EventType.deploymentDrilled

  public static let shape = EventShape(
    Self.self, on: .deploymentEvents,
    "A rollback is to be rehearsed: a decision that changes nothing goes all the way to the executor"
      + " (R10.8).",
    key: ["deployment_id"])

  public var field: Field {
    switch self {
    case .deploymentID: .id("deployment_id", "the deployment").required
    case .commandedBy: .id("commanded_by", "the person").required
    case .reason: .line("reason", "why").required
    }
  }
}

/// What became of a decision's step.
public enum StepStatus: Int, Choice {
  case applied, failed, skipped
}

/// An executor has carried out a step of a decision, or has failed to (R10.7).
public enum DeploymentReported: Int, EventKind {
  case deploymentID, decisionID, status, step, target_percent, baselineHealthy, executorID, errorType, notes

  public static let type = EventType.deploymentReported

  public static let shape = EventShape(
    Self.self, on: .deploymentEvents,
    "An executor has carried out a step of a decision, or has failed to (R10.7).",
    key: ["deployment_id"], rules: [.when("status", is: "failed", requires: ["error.type"])])

  public var field: Field {
    switch self {
    case .deploymentID: .id("deployment_id", "the deployment").required
    case .decisionID: .id("decision_id", "the decision").required
    case .status: .choice("status", StepStatus.self, "what became of it").required
    case .step: .count("step", "which step of the decision, from 0")
    case .target_percent: .percent("target_percent", "the candidate's share of the traffic now")
    case .baselineHealthy: .boolean("baseline_healthy", "whether the baseline is healthy after it")
    case .executorID: .id("executor_id", "who carried it out")
    case .errorType: .id("error.type", "what went wrong, if it failed")
    case .notes: .text("notes", "what else there is to say")
    }
  }
}
