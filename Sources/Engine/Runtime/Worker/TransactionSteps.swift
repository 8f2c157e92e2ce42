// The life of a worker's producer and its transaction, as a value: which step comes next, and what each
// failure leads to.
//
//   absent --openProducer--> opened --initialize--> ready --begin--> begun --produce--> produced --flush-->
// flushed                                                    ^
//         |                                                    |<---- committed ---- offered <-------
// sendOffsets ------+                                                    |<---- aborted ------ aborting <--
// any step's `abort`, or out of time   absent <-- `unknown` at any step: nobody here knows whether the
// transaction is committed. Initializing a new producer of the              same id settles it, and the
// committed offsets of the epochs partitions then say which way.

/// What the worker does next with its producer.
struct TransactionSteps {
  enum State: Equatable {
    case absent, opened, ready
    case begun, produced, flushed, offered
    case aborting
  }

  enum Step: Equatable {
    case openProducer, initialize
    case begin, produce, flush, sendOffsets, commit
    case abort
  }

  /// What a step brought for the epochs of the bundle.
  enum Result: Equatable {
    case nothing
    case committed
    /// Not committed, certainly: the same bytes may be sent again.
    case aborted
    /// Committed or not: read the epochs partitions once the state is `ready`.
    case unknown
  }

  private(set) var state = State.absent

  /// While a transaction is open the worker does nothing else.
  var isOpen: Bool {
    switch state {
    case .absent, .opened, .ready: false
    case .begun, .produced, .flushed, .offered, .aborting: true
    }
  }

  var isReady: Bool { state == .ready }

  /// The step that is due; in `ready` a transaction is begun when there is something to commit.
  var next: Step {
    switch state {
    case .absent: .openProducer
    case .opened: .initialize
    case .ready: .begin
    case .begun: .produce
    case .produced: .flush
    case .flushed: .sendOffsets
    case .offered: .commit
    case .aborting: .abort
    }
  }

  /// The step that was due has succeeded.
  mutating func succeeded() -> Result {
    switch state {
    case .absent: state = .opened
    case .opened: state = .ready
    case .ready: state = .begun
    case .begun: state = .produced
    case .produced: state = .flushed
    case .flushed: state = .offered
    case .offered:
      state = .ready
      return .committed
    case .aborting:
      state = .ready
      return .aborted
    }
    return .nothing
  }

  /// The step that was due has failed. `isLate`: the transaction has been open for so long that it must not
  /// go on.
  mutating func failed(_ failure: ClientFailure, isLate: Bool) -> Result {
    switch (state, failure) {
    case (.absent, _), (.opened, .retry), (.ready, .retry): return .nothing
    case (.opened, _):
      state = .absent
      return .nothing
    case (.begun, .retry), (.produced, .retry), (.flushed, .retry):
      if isLate { state = .aborting }
      return .nothing
    case (.begun, .abort), (.produced, .abort), (.flushed, .abort), (.offered, .abort):
      state = .aborting
      return .nothing
    case (.begun, .refused), (.produced, .refused), (.flushed, .refused):
      state = .aborting
      return .nothing
    default:
      // Whatever else befalls a transaction, above all a commit or an abort without a clear answer.
      state = .absent
      return .unknown
    }
  }
}
