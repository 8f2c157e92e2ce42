// What the main thread of `ratchet up` does while the workers work: waits for signals, for the broker's end
// and for a worker's, says what changes, and in the end stops everything in order.
import Basics
import BrokerServer
import POSIX
import Runtime

/// The running parts of one instance.
struct Supervisor {
  let engine: Engine
  /// nil when it works on somebody else's.
  let broker: EmbeddedBroker?
  /// Where the socket stands through which it is asked about its tasks.
  let folder: String
  let signals: TerminationSignals
  let log: Logger

  /// How often workers are looked at.
  private static let interval = Duration.milliseconds(200)
  /// How long what is open may take to commit: a transaction's own time, after which brokers abort it.
  private static let commitTimeMax = Duration.seconds(10)

  private enum Event: UInt64 { case signal, brokerEnded }

  /// Runs until something ends it, and ends everything else; calls `turn` a few times a second. To be called
  /// once.
  func run(eachTurn turn: () -> Void) throws -> ExitStatus {
    do { return try serve(eachTurn: turn) } catch {
      _ = stop(.failure, within: .seconds(1))
      throw error
    }
  }

  private func serve(eachTurn turn: () -> Void) throws -> ExitStatus {
    let poller = try Poller()
    try poller.add(signals.descriptor, key: Event.signal.rawValue, for: .reading)
    if let broker { try poller.add(broker.ended, key: Event.brokerEnded.rawValue, for: .reading) }
    let clerk = TaskClerk(engine: engine)
    let desk = try LocalServer(folder: folder, name: TaskDesk.socket) { clerk.answer($0) }
    defer { desk.stop() }
    var news = EngineNews()
    while true {
      var events: [Event] = []
      try poller.wait(timeout: Self.interval) { events += Event(rawValue: $0.key).map { [$0] } ?? [] }
      for entry in news.lines(engine.status) { log.log(entry) }
      turn()
      if events.contains(.brokerEnded) { return stop(.failure, within: .seconds(1)) }
      if news.hasEndedWorker { return stop(.failure, within: Self.commitTimeMax) }
      if events.contains(.signal), let signal = signals.take() {
        log.info("stopping", "\(signal) received; another one ends this process at once")
        return stop(.success, within: Self.commitTimeMax)
      }
    }
  }

  private func stop(_ status: ExitStatus, within deadline: Duration) -> ExitStatus {
    signals.release()
    engine.stop(within: deadline)
    log.info("engine_stopped", "what was open is committed or left to be done again")
    guard let broker else { return status }
    let ended = stopBroker(broker, log)
    return status == .success ? ended : status
  }
}
