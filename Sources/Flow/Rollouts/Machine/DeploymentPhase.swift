// Where a deployment stands, and where it may go from there.
public import Events

/// ```
///                    validations passed, and
///                    approved if a human must      time is over      held, then passed
///  announced -> validating ----------------> running ---------> gate ---------------> running ... completed
///                  |   ^  \-> gate (approval) -^ |  ^              |
///                  |   |                         |  | resume      | hold
///           cancel |   | a newer revision,   hold v  |             v
///                  v   | from anywhere          paused <-----------+
///              cancelled                          |
///                                                 |   from running, gate, paused, rollingBack, completed:
///                                                 +-> rollingBack -> rolledBack       a trigger, a person,
///                                                     | cancel: paused                or the switch
///                                                     +-> featuresDisabled -- resume --> running
/// ```
/// A deployment that was rolled back stays so: it turns one way, and only a newer revision begins again.
public enum DeploymentPhase: Int, Choice, Hashable {
  /// Something was said of it, but not yet what it is.
  case announced
  /// It waits for its validations, without any traffic (R6.7).
  case validating
  /// A stage's time is over, or none has begun: it waits for data, improvement or a person.
  case gate
  case running
  /// A person holds it. What breaks still breaks it off.
  case paused
  /// A gradual rollback is under way.
  case rollingBack
  case rolledBack
  case featuresDisabled
  case completed
  /// Ended before it had any traffic.
  case cancelled

  /// The legal successors. All but `announced` may begin again with a newer revision.
  public var successors: Set<DeploymentPhase> {
    switch self {
    case .announced: [.validating]
    case .validating: [.gate, .running, .cancelled, .validating]
    case .gate:
      [
        .running, .completed, .paused, .rollingBack, .rolledBack, .featuresDisabled, .cancelled, .validating,
      ]
    case .running:
      [.gate, .running, .completed, .paused, .rollingBack, .rolledBack, .featuresDisabled, .validating]
    case .paused: [.running, .rollingBack, .rolledBack, .featuresDisabled, .validating]
    case .rollingBack: [.rolledBack, .paused, .featuresDisabled, .validating]
    case .featuresDisabled: [.running, .rolledBack, .validating]
    case .completed: [.rolledBack, .validating]
    case .rolledBack, .cancelled: [.validating]
    }
  }

  /// Whether time alone may change it.
  public var isWatched: Bool {
    switch self {
    case .validating, .gate, .running, .paused, .rollingBack: true
    case .announced, .rolledBack, .featuresDisabled, .completed, .cancelled: false
    }
  }
}
