// What the shipped processors publish: the list that schemas, pages and `ratchet query` are made from. A
// module of Flow declares each; this is only the list.
internal import Alerts
public import Events
internal import Experiments
internal import Learning
internal import Metrics
internal import Rollouts

/// Every declared projection and decision.
public let shippedProjections: [ProjectionShape] =
  [
    LearningExampleField.shape,
    AnnotationQueueField.shape,
    AnnotationProgressField.shape,
    ExperimentTallyField.shape,
    ChunkRelevanceField.shape,
    DeploymentField.shape,
    RolloutDecisionField.rollbackShape,
    RolloutDecisionField.shape,
    AgentScorecardField.shape,
    RollingMetricField.shape,
    AlertField.shape,
    AlertStateField.shape,
  ] + MetricViewField.shapes
