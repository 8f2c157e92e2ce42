// What the shipped processors publish: the list that schemas, pages and `ratchet query` are made from. A
// module of Flow declares each; this is only the list.
public import Events
internal import Experiments
internal import Learning
internal import Rollouts

/// Every declared projection and decision.
public let shippedProjections: [ProjectionShape] = [
  LearningExampleField.shape,
  AnnotationQueueField.shape,
  AnnotationProgressField.shape,
  ExperimentTallyField.shape,
  ChunkRelevanceField.shape,
  DeploymentField.shape,
  RolloutDecisionField.rollbackShape,
  RolloutDecisionField.shape,
]
