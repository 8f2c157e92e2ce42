// What was decided about a deployment, whole: what an executor obeys and an auditor reads (R10.4, R14.6).
public import Basics
public import Events
public import Metrics

/// A decision. Equal inputs make equal decisions, ids included.
public struct RolloutDecision: Hashable, Sendable {
  public enum Action: Int, Choice {
    case advance, hold, resume, complete, immediateRollback, gradualRollback, featureDisable
  }

  public enum Actor: Hashable, Sendable {
    case policy
    case person(String)
  }

  public var id: String
  /// Counts the deployment's decisions that change its share, over all revisions. An executor refuses one
  /// that is not above what it has acted on.
  public var sequence: Int64
  public var organization: String
  public var agent: String
  public var deployment: String
  public var plan: DeploymentPlan
  public var policyVersion: String
  public var actor: Actor
  public var action: Action
  /// The trigger's name, or the reason's: what the id is made of beside the deployment.
  public var cause: String
  /// Of a gradual rollback, from 0; of an advance, the stage.
  public var step: Int
  public var previousPercent: Int
  public var targetPercent: Int
  public var trafficClass: RolloutPolicy.TrafficClass?
  /// What is to be on or off, in order of name.
  public var flags: [Flag]
  public var reason: String
  public var decidedAt: Timestamp
  /// What was measured, where a measurement decided.
  public var finding: Finding?
  /// Other triggers that had fired at the same time.
  public var alsoBroken: [String]
  public var evidence: [OffsetRange]
  /// Nothing is to be changed; everything else is to be done.
  public var isDrill: Bool

  public struct Flag: Hashable, Sendable {
    public var name: String
    public var isOn: Bool

    public init(_ name: String, _ isOn: Bool) {
      self.name = name
      self.isOn = isOn
    }
  }

  public var isRollback: Bool {
    switch action {
    case .immediateRollback, .gradualRollback, .featureDisable: true
    case .advance, .hold, .resume, .complete: false
    }
  }

  /// Whether an executor has anything to do.
  public var changesShare: Bool { action != .hold }
}

extension RolloutDecision {
  /// The same for the same decision about the same thing: of the deployment, its revision, what was decided,
  /// why, which step, and how many times this revision has seen exactly that before. 32 hexadecimal digits
  /// of SHA-256; nothing of epochs, offsets or clocks is in it.
  public static func identity(
    organization: String, deployment: String, revision: Int64, action: Action, cause: String, step: Int,
    occurrence: UInt64
  ) -> String {
    var bytes: [UInt8] = []
    for text in [organization, deployment, action.name, cause] { bytes.append(countedText: text) }
    bytes.append(littleEndian: revision)
    bytes.append(littleEndian: Int64(step))
    bytes.append(littleEndian: occurrence)
    return SHA256.hash(bytes).prefix(16).reduce(into: "") { text, byte in
      text += byte < 16 ? "0" : ""
      text += String(byte, radix: 16)
    }
  }
}
