// What the projection experiment-tallies says of an experiment: its design, its arms, each metric's
// statistics and the verdict. docs/experiments.md has the formulas.
public import Events

/// The fields of a record of experiment-tallies.
public enum ExperimentTallyField: Int, ProjectionKind {
  case experimentID, agent, name, description, hypothesis, controlConfig, treatmentConfig, treatmentShare,
    minimumDuration_hours, minimumSamples, minSampleScope, primaryMetric, guardrailMetrics, proposalID,
    createdBy, createdAt, status, startedAt, endedAt, changedBy, winner, decision, notes, arms,
    unassignedUnits,
    crossedUnits, sampleRatioPValue, metrics, verdict, verdictReason, significance, needsReview, decidedAt,
    analyzedAt

  public static let shape = ProjectionShape(
    .projection, on: "experiment-tallies",
    "An experiment: its design, how many units each arm has, what each metric came to, and the verdict (R7).",
    key: "organization and experiment id, as organization/id", fields: Self.self,
    columns: [.experimentID, .name, .status, .verdict, .significance, .needsReview, .verdictReason])

  public var field: Field {
    switch self {
    case .experimentID: .id("experiment_id", "the experiment").required
    case .agent: .id("agent", "the agent it compares two versions of").required
    case .name: .line("name", "its name").required
    case .description: .text("description", "what it is about")
    case .hypothesis: .text("hypothesis", "what is expected")
    case .controlConfig: .object("control_config", "what the control arm runs with")
    case .treatmentConfig: .object("treatment_config", "what the treatment arm runs with")
    case .treatmentShare: .fraction("treatment_share", "the share of units in the treatment arm").required
    case .minimumDuration_hours:
      .amount("minimum_duration_hours", "how long it runs at least before a verdict").required
    case .minimumSamples: .count("minimum_samples", "how many units a verdict needs").required
    case .minSampleScope: .choice("min_sample_scope", SampleScope.self, "what the minimum counts").required
    case .primaryMetric: .id("primary_metric", "the metric that the verdict is about").required
    case .guardrailMetrics: .ids("guardrail_metrics", upTo: 32, "what must not get worse")
    case .proposalID: .id("proposal_id", "the proposal it tests")
    case .createdBy: .id("created_by", "who designed it")
    case .createdAt: .time("created_at", "when it was designed").required
    case .status: .choice("status", ExperimentStanding.self, "where it stands").required
    case .startedAt: .time("started_at", "when it was started")
    case .endedAt: .time("ended_at", "when it was completed or stopped")
    case .changedBy: .id("changed_by", "who started, completed or stopped it")
    case .winner: .choice("winner", Winner.self, "which arm won, in the judgement of whoever concluded it")
    case .decision: .line("decision", "what is done about it")
    case .notes: .text("notes", "why")
    default: measuredField
    }
  }

  private var measuredField: Field {
    switch self {
    case .arms: .records("arms", ArmField.self, upTo: 2, "control, then treatment").required
    case .unassignedUnits: .count("unassigned_units", "units with values whose arm is not known yet").required
    case .crossedUnits:
      .count("crossed_units", "units that were seen in both arms, and count in neither").required
    case .sampleRatioPValue:
      .fraction(
        "sample_ratio_p_value",
        "how likely the arms' counts are under the split, by chi-square; below 0.001 the "
          + "experiment is invalid"
      )
    case .metrics:
      .records(
        "metrics", MetricField.self, upTo: 64, "the primary metric first, then guardrails, then others")
    case .verdict: .choice("verdict", ExperimentVerdict.self, "what the experiment came to")
    case .verdictReason: .line("verdict_reason", "why, for people")
    case .significance:
      .fraction("significance", "1 - p of the primary metric, rounded to four decimals")
    case .needsReview:
      .boolean("needs_review", "whether a human must look before anything follows from it").required
    case .decidedAt:
      .time("decided_at", "the instant as of which the verdict was fixed; absent while it may change")
    default: .time("analyzed_at", "the recorded time of this analysis").required
    }
  }
}

/// An arm's units.
public enum ArmField: Int, FieldSet {
  case arm, units

  public var field: Field {
    switch self {
    case .arm: .choice("arm", Arm.self, "the arm").required
    case .units: .count("units", "users that met this arm, and executions of nobody").required
    }
  }
}

/// A metric's statistics.
public enum MetricField: Int, FieldSet {
  case metric, role, kind, better, control, treatment, difference, lift, standardError, degreesOfFreedom,
    statistic, pValue, intervalLow, intervalHigh, adjustedPValue, sequentialPValue, sequentialLow,
    sequentialHigh, isWorse

  public var field: Field {
    switch self {
    case .metric: .id("metric", "its name").required
    case .role: .choice("role", MetricRole.self, "its part in the experiment").required
    case .kind:
      .choice("kind", MetricKind.self, "mean: of units' means; rate: share of all units of the arm").required
    case .better: .choice("better", MetricDirection.self, "which way is better").required
    case .control: .group("control", SummaryField.self, "the control arm")
    case .treatment: .group("treatment", SummaryField.self, "the treatment arm")
    case .difference: .value("difference", "treatment's mean minus control's")
    case .lift: .value("lift", "the difference as a fraction of control's mean's magnitude")
    case .standardError: .value("standard_error", "of the difference")
    case .degreesOfFreedom: .value("degrees_of_freedom", "Welch and Satterthwaite's")
    case .statistic: .value("statistic", "Welch's t")
    case .pValue: .fraction("p_value", "two-sided, of a look that was fixed beforehand")
    case .intervalLow: .value("interval_low", "lower end of the difference's 95% confidence interval")
    case .intervalHigh: .value("interval_high", "its upper end")
    case .adjustedPValue:
      .fraction(
        "adjusted_p_value",
        "of guardrails, the sequential p by Holm; of other metrics, p by Benjamini and Hochberg")
    case .sequentialPValue: .fraction("sequential_p_value", "always valid, however often one looks")
    case .sequentialLow: .value("sequential_low", "lower end of the always-valid 95% interval")
    case .sequentialHigh: .value("sequential_high", "its upper end")
    case .isWorse: .boolean("is_worse", "a guardrail that is broken: worse, with adjusted p at most 0.05")
    }
  }
}

/// What an arm's units came to in one metric.
public enum SummaryField: Int, FieldSet {
  case units, mean, variance, p50, p90, p95, p99

  public var field: Field {
    switch self {
    case .units: .count("units", "units that count").required
    case .mean: .value("mean", "of the units' values")
    case .variance: .value("variance", "of the units' values: sample variance, for rates p(1-p)")
    case .p50: .value("p50", "median of the units' values, to 1/128 of itself")
    case .p90: .value("p90", "90th percentile, likewise")
    case .p95: .value("p95", "95th percentile, likewise")
    case .p99: .value("p99", "99th percentile, likewise")
    }
  }
}

/// Where an experiment stands.
public enum ExperimentStanding: Int, Choice {
  case draft, running, completed, stopped
}

/// A metric's part in an experiment.
public enum MetricRole: Int, Choice {
  case primary, guardrail, other
}

/// What an experiment came to (R7).
public enum ExperimentVerdict: Int, Choice {
  case running, insufficientData, treatment, control, noDifference, invalid
}
