// The broker as a part of any process: on threads of its own, in memory or in a folder.
public import Basics
public import BrokerCore
public import POSIX
internal import Synchronization

/// Everything there is to say about a broker before it starts.
public struct EmbeddedBrokerSettings: Sendable {
  public var server = ServerSettings()
  public var broker: BrokerSettings
  public var store = LogStoreSettings()
  /// Where it keeps everything: `MemoryDisk()` forgets it, a `FolderDisk` does not.
  public var disk: any Disk

  public init(disk: any Disk, broker: BrokerSettings) {
    self.disk = disk
    self.broker = broker
  }
}

/// A broker that runs. Ignores SIGPIPE for the whole process.
public final class EmbeddedBroker: Sendable {
  /// Where it listens, with the real port.
  public let endpoint: Endpoint
  public let recovery: RecoveryReport
  private let run: Run
  private let thread: Thread

  /// What the handle and the loop's thread share.
  private final class Run: Sendable {
    let wakeup: Wakeup
    let ended: Wakeup
    let stopRequested = Atomic(false)
    let failure = Mutex<Diagnostic?>(nil)

    init() throws(SystemCallError) {
      wakeup = try Wakeup()
      ended = try Wakeup()
    }
  }

  private typealias Started = Result<(port: UInt16, recovery: RecoveryReport), Diagnostic>

  private init(endpoint: Endpoint, recovery: RecoveryReport, run: Run, thread: Thread) {
    self.endpoint = endpoint
    self.recovery = recovery
    self.run = run
    self.thread = thread
  }

  /// Recovers what the disk holds and listens; returns when clients can connect.
  public static func start(
    _ settings: EmbeddedBrokerSettings, log: Logger
  ) throws(Diagnostic) -> EmbeddedBroker {
    ignoreBrokenPipes()
    let started = Mailbox<Started>()
    let (run, thread) = try launch(settings, log, started)
    switch started.next() {
    case .success(let (port, recovery)):
      let endpoint = Endpoint(host: settings.server.listen.host, port: port)
      return EmbeddedBroker(endpoint: endpoint, recovery: recovery, run: run, thread: thread)
    case .failure(let diagnostic):
      thread.join()
      throw diagnostic
    case nil: preconditionFailure("nobody closes this mailbox")
    }
  }

  private static func launch(
    _ settings: EmbeddedBrokerSettings, _ log: Logger, _ started: Mailbox<Started>
  ) throws(Diagnostic) -> (Run, Thread) {
    do {
      let run = try Run()
      let thread = try Thread("broker-loop") {
        do throws(Diagnostic) {
          let loop = try makeLoop(settings, log, run)
          started.post(.success((loop.loop.listener.port, loop.recovery)))
          try diagnosing(loop.loop.run)
        } catch {
          run.failure.withLock { $0 = error }
          started.post(.failure(error))
        }
        run.ended.ring()
      }
      return (run, thread)
    } catch {
      throw Diagnostic("cannot start the broker's thread: \(error)")
    }
  }

  /// Everything the loop owns is made on its own thread.
  private static func makeLoop(
    _ settings: EmbeddedBrokerSettings, _ log: Logger, _ run: Run
  ) throws(Diagnostic) -> (loop: EventLoop, recovery: RecoveryReport) {
    // First the port: a broker that cannot listen leaves the disk alone.
    let listener = try listen(on: settings.server.listen)
    var core = settings.broker
    core.host = settings.server.advertised?.host ?? settings.server.listen.host
    core.port = Int32(settings.server.advertised?.port ?? listener.port)
    do {
      let (broker, recovery) = try Broker.open(
        on: settings.disk, storing: settings.store, settings: core, now: systemTime())
      let loop = try EventLoop(
        settings: settings.server, log: log, broker: broker, listener: listener, wakeup: run.wakeup,
        stopRequested: { run.stopRequested.load(ordering: .acquiring) })
      return (loop, recovery)
    } catch let error as StoreError {
      throw error.diagnostic
    } catch {
      throw Diagnostic("cannot start the broker's threads: \(error)")
    }
  }

  private static func listen(on endpoint: Endpoint) throws(Diagnostic) -> ListeningSocket {
    do {
      return try ListeningSocket(host: endpoint.host, port: endpoint.port)
    } catch {
      throw Diagnostic(
        "cannot listen on \(endpoint): \(error.reason)", at: .named("--listen"),
        next: error.isAddressInUse
          ? "stop what uses the port, or choose another; port 0 takes any free one" : nil)
    }
  }

  private static func diagnosing(_ run: () throws(LoopFailure) -> Void) throws(Diagnostic) {
    do { try run() } catch { throw error.diagnostic }
  }

  /// Readable once the broker has ended, by itself or by `stop`.
  public var ended: Descriptor { run.ended.descriptor }

  /// Makes everything acknowledged and unacknowledged durable, ends the threads, and waits for it. To be
  /// called once. Throws what ended the broker, if it ended by itself.
  public func stop() throws(Diagnostic) {
    run.stopRequested.store(true, ordering: .releasing)
    run.wakeup.ring()
    thread.join()
    if let failure = run.failure.withLock(\.self) { throw failure }
  }
}
