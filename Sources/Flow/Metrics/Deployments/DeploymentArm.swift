// Whose measurements a deployment's pane holds: the change that is rolled out, or what it is compared with.
public import Basics

/// A side of a deployment. Both are counted only where an event names the deployment, so they are of the same
/// age and the same traffic class: the baseline is what its executor keeps beside the candidate.
public enum DeploymentArm: UInt8, CaseIterable, Hashable, Sendable {
  case candidate = 0
  case baseline = 1

  /// An event's `stage` names the candidate's stage, or says `baseline`.
  public static let baselineStage = "baseline"
}

/// One arm of one deployment, as an event names it.
public struct DeploymentReference: Hashable, Sendable {
  public var organization: String
  public var agent: String
  public var deployment: String
  public var arm: DeploymentArm

  public init(organization: String, agent: String, deployment: String, arm: DeploymentArm) {
    self.organization = organization
    self.agent = agent
    self.deployment = deployment
    self.arm = arm
  }
}

/// A record that says something about an arm.
public struct EvidenceOrigin: Hashable, Sendable {
  public var place: TopicPartition
  public var offset: Offset

  public init(_ place: TopicPartition, _ offset: Offset) {
    self.place = place
    self.offset = offset
  }
}
