// What the projection learning-examples says of an example: what it shows, where it came from, where its
// review stands, and all that has happened to it. docs/learning.md has the formulas.
public import Events

/// The fields of a record of learning-examples (R2.3).
public enum LearningExampleField: Int, ProjectionKind {
  case exampleID, agent, exampleType, inputContext, inputText, originalOutput, expectedOutput, outputA,
    outputB,
    preferred, strength, steps, domain, taskType, complexity, jurisdictions, tags, qualityScore, confidence,
    sourceType, sourceUserID, sourceExecutionID, reviewStatus, reviewedBy, reviewedAt, reviewNotes,
    timesUsedInTraining, lastUsedAt, active, available, cut, annotations, agreementPercentage,
    agreementAlpha, history, createdAt, updatedAt

  public static let shape = ProjectionShape(
    .projection, on: "learning-examples",
    "A learning example: what it shows, what experts say of it, and whether it may be trained with (R2).",
    key: "organization and example id, as organization/id", fields: Self.self,
    columns: [.exampleID, .agent, .exampleType, .reviewStatus, .qualityScore, .available, .inputText])

  public var field: Field {
    switch self {
    case .exampleID: .id("example_id", "the example").required
    case .agent: .id("agent", "the agent it is about").required
    case .exampleType: .choice("example_type", ExampleType.self, "what it shows").required
    case .inputContext: .text("input_context", "what was known beside the input; absent where nothing was")
    case .inputText: .text("input_text", "what was asked").required
    case .originalOutput: .text("original_output", "what the agent answered")
    case .expectedOutput:
      .text("expected_output", "what it should have answered; as its reviewer has edited it")
    case .outputA: .text("output_a", "one answer of a pair")
    case .outputB: .text("output_b", "the other answer of a pair")
    case .preferred: .choice("preferred", Preferred.self, "the better one of the pair")
    case .strength: .fraction("strength", "how much better, 0 to 1")
    case .steps: .records("steps", ExampleStepField.self, upTo: 256, "a demonstration's steps, in order")
    case .domain: .id("domain", "the domain")
    case .taskType: .id("task_type", "what kind of task it is")
    case .complexity: .choice("complexity", Complexity.self, "how hard it is")
    case .jurisdictions: .ids("jurisdictions", upTo: 64, "where it applies")
    case .tags: .ids("tags", upTo: 64, "issue categories, error types, words to find it by")
    case .qualityScore: .fraction("quality_score", "its quality, 0 to 1 in hundredths; absent while unknown")
    case .confidence: .fraction("confidence", "how sure its source is, 0 to 1 in hundredths")
    case .sourceType: .choice("source_type", SourceType.self, "where it came from").required
    case .sourceUserID: .id("source_user_id", "whose it is")
    case .sourceExecutionID: .id("source_execution_id", "the execution it came from")
    default: reviewField
    }
  }

  private var reviewField: Field {
    switch self {
    case .reviewStatus: .choice("review_status", ReviewStatus.self, "where its review stands").required
    case .reviewedBy: .id("reviewed_by", "who decided last")
    case .reviewedAt: .time("reviewed_at", "when")
    case .reviewNotes: .text("review_notes", "why")
    case .timesUsedInTraining:
      .count("times_used_in_training", "how many datasets that were trained with had it; 0 so far").required
    case .lastUsedAt: .time("last_used_at", "when it was last used in training")
    case .active: .boolean("active", "whether it may be used: not retired, retracted or replaced").required
    case .available:
      .boolean("available", "whether it may be trained with: approved, active, quality at least 0.7").required
    case .cut: .boolean("cut", "whether a text was too long and has been cut; absent means no")
    case .annotations:
      .records("annotations", AnnotationField.self, upTo: ExampleFile.factsMax, "by experts, in order")
    case .agreementPercentage:
      .fraction("agreement_percentage", "the share of experts' pairs of values that agree, 0 to 1")
    case .agreementAlpha:
      .number("agreement_alpha", "Krippendorff's alpha of the experts' values, on an interval scale")
    case .history:
      .records("history", TransitionField.self, upTo: ExampleFile.factsMax + 2, "all that happened, in order")
        .required
    case .createdAt: .time("created_at", "when what it shows was said or done").required
    default: .time("updated_at", "when it last changed").required
    }
  }
}

/// A demonstrated step.
public enum ExampleStepField: Int, FieldSet {
  case action, detail, arguments, result, duration_ms

  public var field: Field {
    switch self {
    case .action: .id("action", "what was done").required
    case .detail: .text("detail", "how")
    case .arguments: .object("arguments", "with what")
    case .result: .text("result", "what came of it")
    case .duration_ms: .amount("duration_ms", "how long it took, in milliseconds")
    }
  }
}

/// An expert's annotation (R2.5).
public enum AnnotationField: Int, FieldSet {
  case annotationID, expertID, annotationType, annotationData, technicalAccuracy, professionalQuality,
    completeness, clarity, notes, improvementSuggestions, verified, verifiedBy, superseded, createdAt

  public var field: Field {
    switch self {
    case .annotationID: .id("annotation_id", "the annotation").required
    case .expertID: .id("expert_id", "the expert").required
    case .annotationType: .id("annotation_type", "what kind of annotation it is").required
    case .annotationData: .object("annotation_data", "its content")
    case .technicalAccuracy: .fraction("technical_accuracy", "0 to 1, in thousandths")
    case .professionalQuality: .fraction("professional_quality", "likewise")
    case .completeness: .fraction("completeness", "likewise")
    case .clarity: .fraction("clarity", "likewise")
    case .notes: .text("notes", "remarks")
    case .improvementSuggestions: .text("improvement_suggestions", "what would make it better")
    case .verified: .boolean("verified", "whether a second expert holds it to be right").required
    case .verifiedBy: .id("verified_by", "the second expert")
    case .superseded:
      .boolean("superseded", "whether the same expert has annotated anew, so that this one counts no longer")
        .required
    case .createdAt: .time("created_at", "when it was made").required
    }
  }
}

/// Something that happened to an example.
public enum TransitionField: Int, FieldSet {
  case what, at, by, subject

  public var field: Field {
    switch self {
    case .what: .choice("what", ExampleStanding.Transition.What.self, "what happened").required
    case .at: .time("at", "when").required
    case .by: .id("by", "who did it")
    case .subject: .id("subject", "the annotation it is about, or the example that stands in its place")
    }
  }
}
