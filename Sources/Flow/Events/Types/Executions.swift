// What agents did: one execution each, with its steps, and how others scored it.

/// How an execution ended, as spans say it.
public enum ExecutionStatus: Int, Choice {
  case ok, error
}

/// One side of an experiment.
public enum Arm: Int, Choice {
  case control, treatment
}

/// One step of an execution: a call of a tool.
public enum ExecutionStep: Int, FieldSet {
  case toolName, toolCallID, toolCallArguments, toolCallResult, duration_ms, errorType

  public var field: Field {
    switch self {
    case .toolName: .id("gen_ai.tool.name", "the tool").required
    case .toolCallID: .id("gen_ai.tool.call.id", "the call")
    case .toolCallArguments: .object("gen_ai.tool.call.arguments", "what it was called with")
    case .toolCallResult: .text("gen_ai.tool.call.result", "what it answered")
    case .duration_ms: .amount("duration_ms", "how long it took, in milliseconds")
    case .errorType: .id("error.type", "what went wrong, if anything")
    }
  }
}

/// An experiment that an execution took part in.
public enum Assignment: Int, FieldSet {
  case experimentID, arm

  public var field: Field {
    switch self {
    case .experimentID: .id("experiment_id", "the experiment").required
    case .arm: .choice("arm", Arm.self, "the side it was assigned to").required
    }
  }
}

/// An agent has run once, to its end or to an error. The attribute time says when it ended.
public enum ExecutionCompleted: Int, EventKind {
  case executionID, status, userID, sessionID, traceID, inputContext, inputText, outputText, providerName,
    requestModel, responseModel, promptVersion, taskType, domain, complexity, taskCompleted, usageInputTokens,
    usageOutputTokens, cost_usd, duration_ms, errorType, deploymentID, stage, experiments, steps,
    retrievalIDs, patternsApplied

  public static let type = EventType.executionCompleted

  public static let shape = EventShape(
    Self.self, on: .executions,
    "An agent has run once, to its end or to an error. The attribute time says when it ended.",
    key: ["execution_id"], needsAgent: true, rules: [.when("status", is: "error", requires: ["error.type"])])

  public var field: Field {
    switch self {
    case .executionID: .id("execution_id", "the execution").required
    case .status: .choice("status", ExecutionStatus.self, "how it ended").required
    case .userID: .id("user_id", "for whom it ran")
    case .sessionID: .id("session_id", "the session it belongs to")
    case .traceID: .id("trace_id", "its trace, for links")
    case .inputContext: .text("input_context", "what the agent knew beside the input")
    case .inputText: .text("input_text", "what it was asked")
    case .outputText: .text("output_text", "what it answered")
    case .providerName: .id("gen_ai.provider.name", "who serves the model")
    case .requestModel: .id("gen_ai.request.model", "the model that was asked for")
    case .responseModel: .id("gen_ai.response.model", "the model that answered")
    case .promptVersion: .id("prompt_version", "the version of the prompt")
    case .taskType: .id("task_type", "what kind of task it was")
    case .domain: .id("domain", "the domain of the task")
    case .complexity: .id("complexity", "how hard the task was")
    case .taskCompleted: .boolean("task_completed", "whether the task was completed")
    case .usageInputTokens: .count("gen_ai.usage.input_tokens", "tokens read")
    case .usageOutputTokens: .count("gen_ai.usage.output_tokens", "tokens written")
    case .cost_usd: .amount("cost_usd", "what it cost, in US dollars")
    case .duration_ms: .amount("duration_ms", "how long it took, in milliseconds")
    case .errorType: .id("error.type", "what went wrong, if it did")
    case .deploymentID: .id("deployment_id", "the deployment that was being rolled out")
    case .stage: .id("stage", "the stage of that deployment, or baseline")
    case .experiments: .records("experiments", Assignment.self, upTo: 16, "the experiments it took part in")
    case .steps: .records("steps", ExecutionStep.self, upTo: 256, "what it did, in order")
    case .retrievalIDs:
      .ids("retrieval_ids", upTo: 64, "the retrievals it was given; their chunks are events of their own")
    case .patternsApplied: .ids("patterns_applied", upTo: 64, "the patterns it applied")
    }
  }
}

/// Somebody other than its user has scored an execution: a judge, a test, a check.
public enum ExecutionEvaluated: Int, EventKind {
  case executionID, evaluationName, evaluationScoreValue, evaluationScoreLabel, evaluationExplanation,
    evaluatorID

  public static let type = EventType.executionEvaluated

  public static let shape = EventShape(
    Self.self, on: .executions,
    "Somebody other than its user has scored an execution: a judge, a test, a check.",
    key: ["execution_id"], needsAgent: true)

  public var field: Field {
    switch self {
    case .executionID: .id("execution_id", "the execution").required
    case .evaluationName: .id("gen_ai.evaluation.name", "what was scored").required
    case .evaluationScoreValue: .number("gen_ai.evaluation.score.value", "the score")
    case .evaluationScoreLabel: .id("gen_ai.evaluation.score.label", "the score in a word")
    case .evaluationExplanation: .text("gen_ai.evaluation.explanation", "why")
    case .evaluatorID: .id("evaluator_id", "who scored it")
    }
  }
}
