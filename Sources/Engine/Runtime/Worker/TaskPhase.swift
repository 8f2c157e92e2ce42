// Where in its life a task is, as its worker sees it.
//
//                     +--- its memory equals the log ---+
//                     |                                 v
//   parked --> takingOver --> restoring ------------> running <--> stalled
//     ^            |  ^           |                     | |           |
//     |            |  +-----------+-- commit unknown, --+ |           |
//     |            |                  disk failed         |           |
//     +-- revoked or lost --------+-----------------------+-----------+

/// A task's phase; it changes only along the arrows above.
enum TaskPhase: Hashable, Sendable {
  /// Not the worker's own at present; what it remembers is kept for its return.
  case parked
  /// Its place in the epoch log is being looked up.
  case takingOver
  /// Its stores are being filled from their changelogs.
  case restoring
  case running
  /// It cannot go on without a person, for this reason.
  case stalled(String)

  func mayBecome(_ next: TaskPhase) -> Bool {
    switch (self, next) {
    case (_, .parked), (.parked, .takingOver): true
    case (.takingOver, .restoring), (.takingOver, .running), (.takingOver, .stalled): true
    case (.restoring, .takingOver), (.restoring, .running), (.restoring, .stalled): true
    case (.running, .takingOver), (.running, .stalled): true
    case (.stalled, .takingOver), (.stalled, .running): true
    default: false
    }
  }

  mutating func become(_ next: TaskPhase) {
    precondition(mayBecome(next), "a task cannot go from \(self) to \(next)")
    self = next
  }
}
