// The time given to the core: the wall's, but it never goes back.
internal import Basics
internal import POSIX

/// Follows the wall clock forward, so that records are stamped as everyone expects, but when the wall clock
/// is set back it goes on by the monotonic clock from where it was: no deadline hangs for the hour that was
/// taken back.
struct SteadyClock {
  private var last: Timestamp
  private var lastMonotonic: Duration

  init(wall: Timestamp = systemTime(), monotonic: Duration = monotonicTime()) {
    last = wall
    lastMonotonic = monotonic
  }

  mutating func now(wall: Timestamp = systemTime(), monotonic: Duration = monotonicTime()) -> Timestamp {
    let elapsed = (monotonic - lastMonotonic).milliseconds
    // Only whole milliseconds are taken over, or many short steps would add up to none.
    lastMonotonic += .milliseconds(elapsed)
    last = max(Timestamp(milliseconds: last.rawValue + elapsed), wall)
    return last
  }
}
