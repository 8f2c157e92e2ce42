// The life of background work (R6, R8.3, R8.5, R8.13): jobs, workers, queues, datasets, training runs.

/// Where a job stands.
public enum JobStatus: Int, Choice {
  case queued, running, completed, failed
}

/// A job's state has changed (R8.3, R8.13).
public enum JobChanged: Int, EventKind {
  case jobID, job, queue, status, duration_seconds, attempt, errorType

  public static let type = EventType.jobChanged

  public static let shape = EventShape(
    Self.self, on: .trainingEvents, "A job's state has changed (R8.3, R8.13).",
    isKeyedByOrganization: true)

  public var field: Field {
    switch self {
    case .jobID: .id("job_id", "the job").required
    case .job: .id("job", "what it does").required
    case .queue: .id("queue", "the queue it is in").required
    case .status: .choice("status", JobStatus.self, "where it stands now").required
    case .duration_seconds: .amount("duration_seconds", "how long it ran, in seconds, once it has ended")
    case .attempt: .count("attempt", "which attempt it is, from 1")
    case .errorType: .id("error.type", "what went wrong, if it failed")
    }
  }
}

/// What a worker does.
public enum WorkerState: Int, Choice {
  case idle, busy, suspended, offline
}

/// A worker's state has changed (R8.3, R8.13).
public enum WorkerChanged: Int, EventKind {
  case workerID, state, queue

  public static let type = EventType.workerChanged

  public static let shape = EventShape(
    Self.self, on: .trainingEvents, "A worker's state has changed (R8.3, R8.13).",
    isKeyedByOrganization: true)

  public var field: Field {
    switch self {
    case .workerID: .id("worker_id", "the worker").required
    case .state: .choice("state", WorkerState.self, "what it does now").required
    case .queue: .id("queue", "the queue it serves")
    }
  }
}

/// The length of a queue has been measured (R8.3).
public enum QueueMeasured: Int, EventKind {
  case queue, length

  public static let type = EventType.queueMeasured

  public static let shape = EventShape(
    Self.self, on: .trainingEvents, "The length of a queue has been measured (R8.3).",
    isKeyedByOrganization: true)

  public var field: Field {
    switch self {
    case .queue: .id("queue", "the queue").required
    case .length: .count("length", "how many jobs wait in it").required
    }
  }
}

/// Where a dataset stands.
public enum DatasetStatus: Int, Choice {
  case draft, ready, archived
}

/// A dataset has been created or changed (R6.1).
public enum DatasetChanged: Int, EventKind {
  case datasetID, name, version, status, description, agents, domains, taskTypes, totalExamples,
    examplesByType, meanQuality, verifiedShare, createdBy

  public static let type = EventType.datasetChanged

  public static let shape = EventShape(
    Self.self, on: .trainingEvents, "A dataset has been created or changed (R6.1).",
    isKeyedByOrganization: true)

  public var field: Field {
    switch self {
    case .datasetID: .id("dataset_id", "the dataset").required
    case .name: .line("name", "its name").required
    case .version: .id("version", "its version").required
    case .status: .choice("status", DatasetStatus.self, "where it stands").required
    case .description: .text("description", "what is in it")
    case .agents: .ids("agents", upTo: 64, "the agents it is for")
    case .domains: .ids("domains", upTo: 64, "the domains it covers")
    case .taskTypes: .ids("task_types", upTo: 64, "the kinds of task it covers")
    case .totalExamples: .count("total_examples", "how many examples it has")
    case .examplesByType: .object("examples_by_type", "how many of each type")
    case .meanQuality: .fraction("mean_quality", "their mean quality, 0 to 1")
    case .verifiedShare: .fraction("verified_share", "the share that humans have verified, 0 to 1")
    case .createdBy: .id("created_by", "who made it")
    }
  }
}

/// What a training run does (R6.2).
public enum TrainingType: Int, Choice {
  case supervisedFineTuning, rlhf, dpo, lora, embedding, imitation, preference, fewShot
}

/// Where a training run stands.
public enum RunStatus: Int, Choice {
  case pending, running, completed, failed, cancelled
}

/// Where a human review stands.
public enum ReviewStatus: Int, Choice {
  case pending, approved, rejected
}

/// A training run has been created or has got further (R6.2, R8.5, R8.13).
public enum TrainingRunChanged: Int, EventKind {
  case trainingRunID, trainingType, status, name, description, datasetID, config, hyperparameters,
    progress_percent, currentStep, totalSteps, metrics, bestMetrics, improvementPercentage, modelArtifactPath,
    promptArtifactPath, logsPath, startedAt, completedAt, duration_seconds, requiresReview, reviewerID,
    reviewStatus, reviewNotes, createdBy, errorType

  public static let type = EventType.trainingRunChanged

  public static let shape = EventShape(
    Self.self, on: .trainingEvents, "A training run has been created or has got further (R6.2, R8.5, R8.13).",
    isKeyedByOrganization: true)

  public var field: Field {
    switch self {
    case .trainingRunID: .id("training_run_id", "the run").required
    case .trainingType: .choice("training_type", TrainingType.self, "what it does").required
    case .status: .choice("status", RunStatus.self, "where it stands").required
    case .name: .line("name", "its name")
    case .description: .text("description", "what it is for")
    case .datasetID: .id("dataset_id", "the dataset it uses")
    case .config: .object("config", "its configuration")
    case .hyperparameters: .object("hyperparameters", "its hyperparameters")
    case .progress_percent: .percent("progress_percent", "0 to 100")
    case .currentStep: .count("current_step", "where it is")
    case .totalSteps: .count("total_steps", "where it ends")
    case .metrics: .object("metrics", "its metrics now")
    case .bestMetrics: .object("best_metrics", "its best metrics so far")
    case .improvementPercentage: .number("improvement_percentage", "what it has improved, in percent")
    case .modelArtifactPath: .line("model_artifact_path", "where the model is")
    case .promptArtifactPath: .line("prompt_artifact_path", "where the prompt is")
    case .logsPath: .line("logs_path", "where the logs are")
    case .startedAt: .time("started_at", "when it began")
    case .completedAt: .time("completed_at", "when it ended")
    case .duration_seconds: .amount("duration_seconds", "how long it ran, in seconds")
    case .requiresReview: .boolean("requires_review", "whether a human must review it; true unless said")
    case .reviewerID: .id("reviewer_id", "who reviews it")
    case .reviewStatus: .choice("review_status", ReviewStatus.self, "where the review stands")
    case .reviewNotes: .text("review_notes", "what the reviewer says")
    case .createdBy: .id("created_by", "who started it")
    case .errorType: .id("error.type", "what went wrong, if it failed")
    }
  }
}
