// The life of experiments (R7): what is compared, who sees which side, what came of it.

/// What a minimum sample counts.
public enum SampleScope: Int, Choice {
  case perArm, total
}

/// What a unit, a user mostly, contributes to a metric.
public enum MetricKind: Int, Choice {
  /// The mean of its values; units without any do not count.
  case mean
  /// 1 when it has a value above 0, else 0; every unit of the arm counts.
  case rate
}

/// Which way a metric gets better.
public enum MetricDirection: Int, Choice {
  case higher, lower
}

/// How a metric of an experiment is to be read.
public enum ExperimentMetric: Int, FieldSet {
  case name, kind, better

  public var field: Field {
    switch self {
    case .name: .id("name", "the metric").required
    case .kind:
      .choice("kind", MetricKind.self, "mean of its values, or rate of users with one; mean unless said")
    case .better: .choice("better", MetricDirection.self, "which way is better; higher unless said")
    }
  }
}

/// An experiment has been designed (R7.1).
public enum ExperimentCreated: Int, EventKind {
  case experimentID, name, description, hypothesis, controlConfig, treatmentConfig, treatmentShare,
    minimumDuration_hours, minimumSamples, minSampleScope, primaryMetric, guardrailMetrics, proposalID,
    createdBy, metrics

  public static let type = EventType.experimentCreated

  public static let shape = EventShape(
    Self.self, on: .experimentEvents, "An experiment has been designed (R7.1).",
    key: ["experiment_id"], needsAgent: true)

  public var field: Field {
    switch self {
    case .experimentID: .id("experiment_id", "the experiment").required
    case .name: .line("name", "its name").required
    case .description: .text("description", "what it is about")
    case .hypothesis: .text("hypothesis", "what is expected")
    case .controlConfig: .object("control_config", "what the control arm runs with")
    case .treatmentConfig: .object("treatment_config", "what the treatment arm runs with")
    case .treatmentShare:
      .fraction("treatment_share", "the share of users in the treatment arm; 0.5 unless said")
    case .minimumDuration_hours: .amount("minimum_duration_hours", "168 unless said")
    case .minimumSamples: .count("minimum_samples", "1000 unless said")
    case .minSampleScope:
      .choice("min_sample_scope", SampleScope.self, "what the minimum counts; per_arm unless said")
    case .primaryMetric: .id("primary_metric", "what is compared")
    case .guardrailMetrics: .ids("guardrail_metrics", upTo: 32, "what must not get worse")
    case .proposalID: .id("proposal_id", "the proposal it tests")
    case .createdBy: .id("created_by", "who designed it")
    case .metrics:
      .records(
        "metrics", ExperimentMetric.self, upTo: 32,
        "how metrics are read, where not as docs/experiments.md says")
    }
  }
}

/// Where an experiment stands, once it is no draft.
public enum ExperimentStatus: Int, Choice {
  case running, stopped, completed
}

/// Which arm won.
public enum Winner: Int, Choice {
  case control, treatment, none
}

/// An experiment has been started, stopped or concluded (R7.1).
public enum ExperimentChanged: Int, EventKind {
  case experimentID, status, winner, decision, notes, changedBy

  public static let type = EventType.experimentChanged

  public static let shape = EventShape(
    Self.self, on: .experimentEvents, "An experiment has been started, stopped or concluded (R7.1).",
    key: ["experiment_id"])

  public var field: Field {
    switch self {
    case .experimentID: .id("experiment_id", "the experiment").required
    case .status: .choice("status", ExperimentStatus.self, "where it stands now").required
    case .winner: .choice("winner", Winner.self, "which arm won, in the judgement of whoever concluded it")
    case .decision: .line("decision", "what is done about it")
    case .notes: .text("notes", "why")
    case .changedBy: .id("changed_by", "who did it")
    }
  }
}

/// A user has met an arm of an experiment (R7.2).
public enum ExperimentExposed: Int, EventKind {
  case experimentID, userID, arm, executionID

  public static let type = EventType.experimentExposed

  public static let shape = EventShape(
    Self.self, on: .experimentEvents, "A user has met an arm of an experiment (R7.2).",
    key: ["experiment_id"], needsAgent: true)

  public var field: Field {
    switch self {
    case .experimentID: .id("experiment_id", "the experiment").required
    case .userID: .id("user_id", "the user").required
    case .arm: .choice("arm", Arm.self, "the arm").required
    case .executionID: .id("execution_id", "the execution in which it happened")
    }
  }
}

/// A measure of an experiment has been taken outside of executions and feedback: a conversion, a renewal.
public enum ExperimentObserved: Int, EventKind {
  case experimentID, userID, metric, value, arm

  public static let type = EventType.experimentObserved

  public static let shape = EventShape(
    Self.self, on: .experimentEvents,
    "A measure of an experiment has been taken outside of executions and feedback: a conversion, a renewal.",
    key: ["experiment_id"], needsAgent: true)

  public var field: Field {
    switch self {
    case .experimentID: .id("experiment_id", "the experiment").required
    case .userID: .id("user_id", "the user").required
    case .metric: .id("metric", "what was measured").required
    case .value: .number("value", "its value; 1 for something that has happened").required
    case .arm: .choice("arm", Arm.self, "the arm, where the producer knows it")
    }
  }
}
