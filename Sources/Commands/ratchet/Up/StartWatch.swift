// Signals while `ratchet up` starts: brokers that do not answer may hold it up for a while, and nothing is
// open yet that had to be committed, so the process simply ends.
import Basics
import POSIX

/// Ends the process at the first signal, until it is told that the start is over.
struct StartWatch {
  private let isOver: Wakeup
  private let thread: Thread

  init(_ signals: TerminationSignals) throws(SystemCallError) {
    let isOver = try Wakeup()
    self.isOver = isOver
    thread = try Thread("start-watch") {
      guard let signal = Self.first(of: signals, until: isOver) else { return }
      writeToStandardError(Array("\(signal) received before anything had begun\n".utf8))
      endProcessAtOnce(with: ExitStatus.success.code)
    }
  }

  func end() {
    isOver.ring()
    thread.join()
  }

  /// nil when the start is over first, or nothing can be watched; a signal then waits for who watches next.
  private static func first(of signals: TerminationSignals, until isOver: Wakeup) -> String? {
    do {
      let poller = try Poller()
      try poller.add(signals.descriptor, key: 0, for: .reading)
      try poller.add(isOver.descriptor, key: 1, for: .reading)
      var (hasSignal, ends) = (false, false)
      while !hasSignal, !ends {
        try poller.wait(timeout: nil) { if $0.key == 0 { hasSignal = true } else { ends = true } }
      }
      return ends ? nil : signals.take()
    } catch { return nil }
  }
}
