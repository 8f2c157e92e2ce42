// When an epoch is closed. Closing often costs commits, closing seldom costs latency.

/// The rule by which a worker stops gathering and commits.
struct Pace {
  var settings: EngineSettings
  private(set) var lastClose: Duration

  /// `isFull`: a task has gathered as much as an epoch may hold. `isDry`: the last look at the inputs brought
  /// nothing.
  func isDue(at now: Duration, hasWork: Bool, isFull: Bool, isDry: Bool) -> Bool {
    guard hasWork else { return false }
    let elapsed = now - lastClose
    if isFull || elapsed >= settings.commitIntervalMax { return true }
    return isDry && elapsed >= settings.commitIntervalMin
  }

  /// How long the worker may rest before `isDue` has to be asked again.
  func rest(at now: Duration, hasWork: Bool) -> Duration {
    guard hasWork else { return settings.idleWaitMax }
    return max(.milliseconds(1), min(settings.idleWaitMax, settings.commitIntervalMin - (now - lastClose)))
  }

  mutating func closed(at now: Duration) { lastClose = now }
}
