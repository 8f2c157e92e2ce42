// One arm of one deployment over one pane of event time: what travels on deployment-series. A pane may come
// in several parts, as its events were folded; parts add up.
public import Basics
internal import Events

/// A part of a pane's measurements.
public struct DeploymentPane: Hashable, Sendable {
  /// As fine as rules are evaluated; the shortest window of a policy holds a dozen.
  public static let length: Duration = .seconds(15)

  public var reference: DeploymentReference
  /// A multiple of `length`.
  public var start: EventTime
  public var tally: ArmTally

  public init(_ reference: DeploymentReference, start: EventTime, tally: ArmTally = ArmTally()) {
    self.reference = reference
    self.start = start
    self.tally = tally
  }

  /// The start of the pane that `time` falls into.
  public static func start(of time: EventTime) -> EventTime {
    let length = Self.length.milliseconds
    let rest = time.rawValue % length
    return EventTime(milliseconds: time.rawValue - (rest < 0 ? rest + length : rest))
  }

  /// The key of its record: the deployment's, so that all its records keep their order.
  public var key: String {
    entityKey(organization: reference.organization, id: reference.deployment)
  }
}

extension DeploymentPane: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(Self.schemaVersion)
    bytes.append(countedText: reference.organization)
    bytes.append(countedText: reference.agent)
    bytes.append(countedText: reference.deployment)
    bytes.append(reference.arm.rawValue)
    bytes.append(littleEndian: start.rawValue)
    tally.store(into: &bytes)
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard reader.integer(UInt8.self) == Self.schemaVersion, let organization = reader.text(),
      let agent = reader.text(), let deployment = reader.text(),
      let arm = reader.integer(UInt8.self).flatMap(DeploymentArm.init(rawValue:)),
      let start = reader.integer(Int64.self).map(EventTime.init(milliseconds:)),
      DeploymentPane.start(of: start) == start, let tally = ArmTally(from: &reader), reader.isAtEnd
    else { return nil }
    self.init(
      DeploymentReference(organization: organization, agent: agent, deployment: deployment, arm: arm),
      start: start, tally: tally)
  }
}
