// Panes of deployments while an epoch is open: wherever an event names a deployment it is added here, and
// the epoch's parts leave together. What a processor reads of panes goes through the same, so parts become
// fewer on their way.
public import Basics

/// Adds measurements up by deployment, arm and pane, until they are taken out.
public struct DeploymentAggregator: Sendable {
  private struct Key: Hashable {
    var reference: DeploymentReference
    var start: EventTime
  }

  private var panes: [DeploymentPane] = []
  private var places: [Key: Int] = [:]

  public init() {}

  public var isEmpty: Bool { panes.isEmpty }

  /// Lends the tally of the pane that `time` falls into, and notes who said so.
  public mutating func add(
    _ reference: DeploymentReference, at time: EventTime, from origin: EvidenceOrigin,
    _ change: (inout ArmTally) -> Void
  ) {
    let place = place(reference, DeploymentPane.start(of: time))
    change(&panes[place].tally)
    panes[place].tally.note(origin)
  }

  /// Adds a part of a pane.
  public mutating func add(_ part: DeploymentPane) {
    panes[place(part.reference, part.start)].tally.merge(part.tally)
  }

  /// Hands over the panes, in the order in which they were first met, and begins anew.
  public mutating func take() -> [DeploymentPane] {
    defer {
      panes = []
      places = [:]
    }
    return panes
  }

  private mutating func place(_ reference: DeploymentReference, _ start: EventTime) -> Int {
    let key = Key(reference: reference, start: start)
    if let place = places[key] { return place }
    places[key] = panes.count
    panes.append(DeploymentPane(reference, start: start))
    return panes.count - 1
  }
}
