// Every type of event that Ratchet reads. A type is never renamed or given another meaning; a new one is
// added here, in its topic's file and by `RATCHET_WRITE=1` among the schemas (docs/events.md).

/// The types by their names, the value of the attribute `type`.
public enum EventType: String, CaseIterable, Sendable {
  case feedbackGiven = "feedback.given"
  case feedbackRetracted = "feedback.retracted"
  case learningLoopEvent = "learning.loop_event"
  case learningSatisfaction = "learning.satisfaction"
  case sessionProgressed = "session.progressed"
  case sessionInteracted = "session.interacted"
  case patternDiscovered = "pattern.discovered"
  case patternValidated = "pattern.validated"
  case patternApplied = "pattern.applied"
  case executionCompleted = "execution.completed"
  case executionEvaluated = "execution.evaluated"
  case retrievalPerformed = "retrieval.performed"
  case retrievalJudged = "retrieval.judged"
  case exampleProposed = "example.proposed"
  case exampleReviewed = "example.reviewed"
  case exampleRetired = "example.retired"
  case annotationMade = "annotation.made"
  case annotationVerified = "annotation.verified"
  case experimentCreated = "experiment.created"
  case experimentChanged = "experiment.changed"
  case experimentExposed = "experiment.exposed"
  case experimentObserved = "experiment.observed"
  case jobChanged = "job.changed"
  case workerChanged = "worker.changed"
  case queueMeasured = "queue.measured"
  case datasetChanged = "dataset.changed"
  case trainingRunChanged = "training_run.changed"
  case heartbeatSent = "heartbeat.sent"
  case measurementTaken = "measurement.taken"
  case requestServed = "request.served"
  case operationCompleted = "operation.completed"
  case deploymentCreated = "deployment.created"
  case deploymentValidated = "deployment.validated"
  case deploymentCommanded = "deployment.commanded"
  case deploymentReported = "deployment.reported"
  case deploymentDrilled = "deployment.drilled"
  case agentConfigured = "agent.configured"
  case expertChanged = "expert.changed"
  case organizationChanged = "organization.changed"
  case configurationPublished = "configuration.published"
  case learningSwitched = "learning.switched"
  case erasureRequested = "erasure.requested"

  /// How it is declared.
  public var shape: EventShape {
    switch self {
    case .feedbackGiven: FeedbackGiven.shape
    case .feedbackRetracted: FeedbackRetracted.shape
    case .learningLoopEvent: LearningLoopEvent.shape
    case .learningSatisfaction: LearningSatisfaction.shape
    case .sessionProgressed: SessionProgressed.shape
    case .sessionInteracted: SessionInteracted.shape
    case .patternDiscovered: PatternDiscovered.shape
    case .patternValidated: PatternValidated.shape
    case .patternApplied: PatternApplied.shape
    case .executionCompleted: ExecutionCompleted.shape
    case .executionEvaluated: ExecutionEvaluated.shape
    case .retrievalPerformed: RetrievalPerformed.shape
    case .retrievalJudged: RetrievalJudged.shape
    case .exampleProposed: ExampleProposed.shape
    case .exampleReviewed: ExampleReviewed.shape
    case .exampleRetired: ExampleRetired.shape
    case .annotationMade: AnnotationMade.shape
    case .annotationVerified: AnnotationVerified.shape
    case .experimentCreated: ExperimentCreated.shape
    case .experimentChanged: ExperimentChanged.shape
    case .experimentExposed: ExperimentExposed.shape
    case .experimentObserved: ExperimentObserved.shape
    case .jobChanged: JobChanged.shape
    case .workerChanged: WorkerChanged.shape
    case .queueMeasured: QueueMeasured.shape
    case .datasetChanged: DatasetChanged.shape
    case .trainingRunChanged: TrainingRunChanged.shape
    case .heartbeatSent: HeartbeatSent.shape
    case .measurementTaken: MeasurementTaken.shape
    case .requestServed: RequestServed.shape
    case .operationCompleted: OperationCompleted.shape
    case .deploymentCreated: DeploymentCreated.shape
    case .deploymentValidated: DeploymentValidated.shape
    case .deploymentCommanded: DeploymentCommanded.shape
    case .deploymentReported: DeploymentReported.shape
    case .deploymentDrilled: DeploymentDrilled.shape
    case .agentConfigured: AgentConfigured.shape
    case .expertChanged: ExpertChanged.shape
    case .organizationChanged: OrganizationChanged.shape
    case .configurationPublished: ConfigurationPublished.shape
    case .learningSwitched: LearningSwitched.shape
    case .erasureRequested: ErasureRequested.shape
    }
  }
}
