// Starts the workers, each on a thread of its own, and is what the rest of the process sees of them: commands
// go in through a mailbox that is drained once a turn, snapshots come out.
public import Basics
public import Kafka
public import POSIX
internal import Store
internal import Synchronization

/// Workers that run. Safe to use from any thread.
public final class Engine: Sendable {
  private let seats: [Seat]
  private let threads: [Thread]
  private let disk: StateWriter?
  /// What its start has to tell a person, once; nil as a rule.
  public let notice: Diagnostic?

  /// What a worker's thread and the outside share.
  private final class Seat: Sendable {
    let commands = Mutex<[WorkerCommand]>([])
    let status: Mutex<WorkerStatus>

    init(_ number: Int) {
      status = Mutex(WorkerStatus(worker: number, state: .running, tasks: [], trouble: nil))
    }
  }

  private init(seats: [Seat], threads: [Thread], disk: StateWriter?, notice: Diagnostic?) {
    self.seats = seats
    self.threads = threads
    self.disk = disk
    self.notice = notice
  }

  /// Starts `workers` workers; `makePort` makes each its clients, on its own thread.
  public static func start(
    _ processors: [ProcessorDefinition], _ settings: EngineSettings = EngineSettings(), workers: Int = 1,
    disk: StateWriter? = nil, notice: Diagnostic? = nil,
    makePort: @escaping @Sendable (_ worker: Int) throws(Diagnostic) -> any ClientPort
  ) throws(SystemCallError) -> Engine {
    let seats = (0..<workers).map { Seat($0) }
    var threads: [Thread] = []
    for (number, seat) in seats.enumerated() {
      threads.append(
        try Thread("worker-\(number)") {
          run(seat) { () throws(Diagnostic) in
            Worker(number, processors, settings, try makePort(number), disk: disk)
          }
        })
    }
    return Engine(seats: seats, threads: threads, disk: disk, notice: notice)
  }

  /// Starts workers over Kafka. Their seats in `group` and their transactional ids are the data folder's
  /// instance id and their number; a seat is kept for `sessionTimeout` after its worker was last heard of.
  public static func start(
    _ processors: [ProcessorDefinition], _ settings: EngineSettings = EngineSettings(), workers: Int = 1,
    client: ClientConfiguration, group: String, folder: DataFolder, sessionTimeout: Duration = .seconds(10)
  ) throws(Diagnostic) -> Engine {
    let (disk, notice) = try openState(in: folder)
    do throws(SystemCallError) {
      return try start(processors, settings, workers: workers, disk: disk, notice: notice) {
        (number) throws(Diagnostic) in
        var port = KafkaPortSettings(client: client, group: group, instance: "\(folder.instanceID)-\(number)")
        port.sessionTimeout = sessionTimeout
        return try KafkaPort.make(port, processors)
      }
    } catch { throw Diagnostic("the workers' threads cannot be started: \(error)") }
  }

  /// The folder's database. One that contradicts itself is moved aside and made anew: the changelogs hold all
  /// that was in it.
  private static func openState(in folder: DataFolder) throws(Diagnostic) -> (StateWriter, Diagnostic?) {
    let path = "\(folder.path)/state"
    do throws(StoreError) {
      do throws(StoreError) { return (try StateWriter(Database(at: path)), nil) } catch {
        guard case .restore(let reason) = error else { throw error }
        let aside = try moveAside(path, in: folder.path, reason)
        return (
          try StateWriter(Database(at: path)),
          Diagnostic(
            "the state folder was damaged and is restored from the changelogs", at: .path(path), why: reason,
            next: "nothing needs doing; what was damaged is kept in \(aside) until you remove it")
        )
      }
    } catch { throw error.diagnostic }
  }

  private static func moveAside(
    _ path: String, in folder: String, _ reason: String
  ) throws(StoreError) -> String {
    do throws(SystemCallError) {
      let taken = Set(try namesInFolder(folder))
      var number = 1
      while taken.contains("state.damaged-\(number)") { number += 1 }
      let aside = "\(folder)/state.damaged-\(number)"
      try renameFile(path, to: aside)
      return aside
    } catch { throw .fatal("\(reason); and it cannot be moved aside: \(error)") }
  }

  /// The workers as they last told of themselves, at most a tenth of a second ago.
  public var status: [WorkerStatus] { seats.map { $0.status.withLock(\.self) } }

  /// Tells every worker; those whom it does not concern pass over it.
  public func tell(_ command: WorkerCommand) {
    for seat in seats { seat.commands.withLock { $0.append(command) } }
  }

  /// Commits what is open, closes, and waits for the end of the threads. To be called once.
  public func stop(within deadline: Duration) {
    tell(.stop(within: deadline))
    for thread in threads { thread.join() }
    disk?.shutdown()
  }
}

extension Engine {
  /// A worker's thread, from its first turn to its end.
  private static func run(_ seat: Seat, _ make: () throws(Diagnostic) -> Worker) {
    do throws(Diagnostic) {
      run(try make(), seat)
    } catch {
      seat.status.withLock { $0.state = .failed(error.description) }
    }
  }

  private static func run(_ worker: Worker, _ seat: Seat) {
    let start = ContinuousClock.now
    var told = Duration.zero
    while true {
      let now = Moment(wallClock: systemTime(), uptime: ContinuousClock.now - start)
      let commands = seat.commands.withLock { commands in
        defer { commands = [] }
        return commands
      }
      let rest = worker.turn(now, commands)
      if rest == .forEver || now.uptime - told >= .milliseconds(100) {
        told = now.uptime
        let status = worker.status(now)
        seat.status.withLock { $0 = status }
      }
      switch rest {
      case .none: continue
      case .upTo(let duration): worker.port.wait(duration)
      case .forEver: return
      }
    }
  }
}

extension KafkaPort {
  /// The port of a worker that may own any task of these processors.
  static func make(
    _ settings: KafkaPortSettings, _ processors: [ProcessorDefinition]
  ) throws(Diagnostic) -> KafkaPort {
    do throws(KafkaError) {
      return try KafkaPort(
        settings, epochsTopics: processors.map(\.epochsTopic),
        partitions: processors.reduce(0) { $0 + 4 * $1.inputs.count })
    } catch {
      if case .configuration(let diagnostic) = error { throw diagnostic }
      throw Diagnostic("the worker's clients cannot be made: \(error)")
    }
  }
}
