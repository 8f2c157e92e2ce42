// How far a command has come, for the person who waits for it: on standard error, so that what it prints can
// be read by another program.
import Basics

/// Says nothing of what takes less than a second.
struct Progress {
  private static let interval = Duration.seconds(5)
  private var next: ContinuousClock.Instant

  init(since start: ContinuousClock.Instant = .now) { next = start + .seconds(1) }

  /// Tells what `text` says, if it is time to tell something.
  mutating func tell(_ text: @autoclosure () -> String) {
    if isDue(at: .now) { writeToStandardError(Array("\(text())\n".utf8)) }
  }

  mutating func isDue(at now: ContinuousClock.Instant) -> Bool {
    guard now >= next else { return false }
    next = now + Self.interval
    return true
  }
}
