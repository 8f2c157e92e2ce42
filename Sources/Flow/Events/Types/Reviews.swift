// What experts do about learning examples (R2, R5): they propose, review, annotate and verify them.

/// What a learning example shows (R2.1).
public enum ExampleType: Int, Choice {
  case positive, negative, correction, demonstration, edgeCase, failure, preference
}

/// Which of two outputs is preferred.
public enum Preferred: Int, Choice {
  case a, b
}

/// How hard a task is.
public enum Complexity: Int, Choice {
  case simple, moderate, complex
}

/// Where an example came from.
public enum SourceType: Int, Choice {
  case userFeedback, expert, `import`, agentFailure, experiment
}

/// One step of an expert's own way of doing it (R5.1).
public enum DemonstratedStep: Int, FieldSet {
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

/// Somebody has proposed a learning example: a demonstration, a preference, an import (R2.1-R2.3, R5.1,
/// R5.3).
public enum ExampleProposed: Int, EventKind {
  case exampleID, exampleType, inputContext, inputText, sourceType, originalOutput, expectedOutput, outputA,
    outputB, preferred, strength, domain, taskType, complexity, jurisdictions, tags, qualityScore, confidence,
    sourceUserID, sourceExecutionID, steps

  public static let type = EventType.exampleProposed

  public static let shape = EventShape(
    Self.self, on: .reviews,
    "Somebody has proposed a learning example: a demonstration, a preference, an import (R2, R5).",
    key: ["example_id"], needsAgent: true,
    rules: [
      .when("example_type", is: "correction", requires: ["expected_output"]),
      .when("example_type", is: "demonstration", requires: ["expected_output"]),
      .when("example_type", is: "preference", requires: ["output_a", "output_b", "preferred"]),
    ])

  public var field: Field {
    switch self {
    case .exampleID: .id("example_id", "the example").required
    case .exampleType: .choice("example_type", ExampleType.self, "what it shows").required
    case .inputContext: .text("input_context", "what was known beside the input").required
    case .inputText: .text("input_text", "what was asked").required
    case .sourceType: .choice("source_type", SourceType.self, "where it came from").required
    case .originalOutput: .text("original_output", "what the agent answered")
    case .expectedOutput: .text("expected_output", "what it should have answered")
    case .outputA: .text("output_a", "one answer of a pair")
    case .outputB: .text("output_b", "the other answer of a pair")
    case .preferred: .choice("preferred", Preferred.self, "the better one of the pair")
    case .strength: .fraction("strength", "how much better, 0 to 1")
    case .domain: .id("domain", "the domain")
    case .taskType: .id("task_type", "what kind of task it is")
    case .complexity: .choice("complexity", Complexity.self, "how hard it is")
    case .jurisdictions: .ids("jurisdictions", upTo: 64, "where it applies")
    case .tags: .ids("tags", upTo: 64, "words to find it by")
    case .qualityScore: .fraction("quality_score", "its quality, 0 to 1; two decimals are kept")
    case .confidence: .fraction("confidence", "how sure that is, 0 to 1")
    case .sourceUserID: .id("source_user_id", "whose it is")
    case .sourceExecutionID: .id("source_execution_id", "the execution it came from")
    case .steps: .records("steps", DemonstratedStep.self, upTo: 256, "a demonstration's steps, in order")
    }
  }
}

/// What an expert decided.
public enum ReviewDecision: Int, Choice {
  case approved, rejected
}

/// An expert has approved or rejected a learning example (R2.4).
public enum ExampleReviewed: Int, EventKind {
  case exampleID, decision, reviewerID, qualityScore, expectedOutput, reviewNotes

  public static let type = EventType.exampleReviewed

  public static let shape = EventShape(
    Self.self, on: .reviews, "An expert has approved or rejected a learning example (R2.4).",
    key: ["example_id"])

  public var field: Field {
    switch self {
    case .exampleID: .id("example_id", "the example").required
    case .decision: .choice("decision", ReviewDecision.self, "what was decided").required
    case .reviewerID: .id("reviewer_id", "the expert").required
    case .qualityScore: .fraction("quality_score", "the example's quality, 0 to 1; two decimals are kept")
    case .expectedOutput: .text("expected_output", "the output as the expert has edited it")
    case .reviewNotes: .text("review_notes", "why")
    }
  }
}

/// A learning example is not to be used any more, or again (R2.3: active).
public enum ExampleRetired: Int, EventKind {
  case exampleID, active, changedBy, reason

  public static let type = EventType.exampleRetired

  public static let shape = EventShape(
    Self.self, on: .reviews, "A learning example is not to be used any more, or again (R2.3: active).",
    key: ["example_id"])

  public var field: Field {
    switch self {
    case .exampleID: .id("example_id", "the example").required
    case .active: .boolean("active", "whether it may be used").required
    case .changedBy: .id("changed_by", "who said so")
    case .reason: .line("reason", "why")
    }
  }
}

/// An expert has annotated a learning example (R2.5).
public enum AnnotationMade: Int, EventKind {
  case annotationID, exampleID, expertID, annotationType, annotationData, technicalAccuracy,
    professionalQuality, completeness, clarity, notes, improvementSuggestions

  public static let type = EventType.annotationMade

  public static let shape = EventShape(
    Self.self, on: .reviews, "An expert has annotated a learning example (R2.5).",
    key: ["example_id"])

  public var field: Field {
    switch self {
    case .annotationID: .id("annotation_id", "the annotation").required
    case .exampleID: .id("example_id", "the example").required
    case .expertID: .id("expert_id", "the expert").required
    case .annotationType: .id("annotation_type", "what kind of annotation it is").required
    case .annotationData: .object("annotation_data", "its content")
    case .technicalAccuracy: .fraction("technical_accuracy", "0 to 1")
    case .professionalQuality: .fraction("professional_quality", "0 to 1")
    case .completeness: .fraction("completeness", "0 to 1")
    case .clarity: .fraction("clarity", "0 to 1")
    case .notes: .text("notes", "remarks")
    case .improvementSuggestions: .text("improvement_suggestions", "what would make it better")
    }
  }
}

/// A second expert has verified an annotation, or not (R2.5).
public enum AnnotationVerified: Int, EventKind {
  case annotationID, exampleID, verified, verifiedBy

  public static let type = EventType.annotationVerified

  public static let shape = EventShape(
    Self.self, on: .reviews, "A second expert has verified an annotation, or not (R2.5).",
    key: ["example_id"])

  public var field: Field {
    switch self {
    case .annotationID: .id("annotation_id", "the annotation").required
    case .exampleID: .id("example_id", "the example").required
    case .verified: .boolean("verified", "whether it holds").required
    case .verifiedBy: .id("verified_by", "the second expert").required
    }
  }
}
