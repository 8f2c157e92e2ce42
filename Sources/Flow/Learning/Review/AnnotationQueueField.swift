// What the projections annotation-queue and annotation-progress say: what waits for an expert, and how far
// each agent's review has come (R2.6).
public import Events

/// The fields of a record of annotation-queue. A tombstone takes the example out of the queue.
public enum AnnotationQueueField: Int, ProjectionKind {
  case exampleID, agent, exampleType, priority, confidence, annotations, agreementPercentage, domain,
    taskType,
    complexity, createdAt

  public static let shape = ProjectionShape(
    .projection, on: "annotation-queue",
    "An example that waits for an expert. Highest priority first, then oldest, then by id (R2.6).",
    key: "organization and example id, as organization/id", fields: Self.self,
    columns: [.priority, .agent, .exampleType, .exampleID, .annotations, .createdAt])

  public var field: Field {
    switch self {
    case .exampleID: .id("example_id", "the example").required
    case .agent: .id("agent", "the agent it is about").required
    case .exampleType: .choice("example_type", ExampleType.self, "what it shows").required
    case .priority: .whole("priority", 0...100, "how much it matters that an expert looks at it").required
    case .confidence: .fraction("confidence", "how sure its source is, 0 to 1 in hundredths")
    case .annotations: .count("annotations", "experts who have annotated it").required
    case .agreementPercentage:
      .fraction("agreement_percentage", "the share of experts' pairs of values that agree, 0 to 1")
    case .domain: .id("domain", "the domain")
    case .taskType: .id("task_type", "what kind of task it is")
    case .complexity: .choice("complexity", Complexity.self, "how hard it is")
    case .createdAt: .time("created_at", "when what it shows was said or done").required
    }
  }
}

/// The fields of a record of annotation-progress: one per agent and task of the processor; counts add up.
public enum AnnotationProgressField: Int, ProjectionKind {
  case agent, task, pending, days, annotationAgreement, decisionAgreement

  public static let shape = ProjectionShape(
    .projection, on: "annotation-progress",
    "How far the review of an agent's examples has come, as one task counts it: add the tasks up (R2.6).",
    key: "organization, agent and task, as organization/agent/task", fields: Self.self,
    columns: [.agent, .task, .pending])

  public var field: Field {
    switch self {
    case .agent: .id("agent", "the agent").required
    case .task: .count("task", "the number of the task").required
    case .pending: .count("pending", "examples that wait").required
    case .days:
      .records(
        "days", ReviewDayField.self, upTo: AgentReview.daysMax, "the latest days of UTC with deeds, in order")
    case .annotationAgreement:
      .group("annotation_agreement", AgreementField.self, "between annotations, on an interval scale")
    case .decisionAgreement:
      .group("decision_agreement", AgreementField.self, "between decisions, on a nominal scale")
    }
  }
}

/// What was done on a day.
public enum ReviewDayField: Int, FieldSet {
  case day, annotated, verified, approved, rejected

  public var field: Field {
    switch self {
    case .day: .id("day", "in UTC, as 2026-01-31").required
    case .annotated: .count("annotated", "annotations made").required
    case .verified: .count("verified", "annotations verified").required
    case .approved: .count("approved", "approvals").required
    case .rejected: .count("rejected", "rejections").required
    }
  }
}

/// How far experts agree.
public enum AgreementField: Int, FieldSet {
  case pairs, agreeingPairs, alpha

  public var field: Field {
    switch self {
    case .pairs: .count("pairs", "pairs of values of different experts").required
    case .agreeingPairs: .count("agreeing_pairs", "those that agree").required
    case .alpha: .number("alpha", "Krippendorff's; absent where nothing could have disagreed")
    }
  }
}
