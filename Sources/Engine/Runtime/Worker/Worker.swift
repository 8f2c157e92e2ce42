// A worker: the tasks of one group member, turned by one thread. Its loop body is `turn`, which never waits
// longer than one call of its port; what runs it (a thread, or a simulator) rests as long as `turn` says and
// calls it again. The phases of a turn:
//
//   transaction step, while one is open  |  mailbox -> group -> producer -> take over, restore -> gather ->
// fold -> begin
internal import Basics

/// Runs the tasks it is assigned: one transaction at a time, over all its tasks that have work. Not Sendable:
/// it is built and used on one thread, or by one simulator.
public final class Worker {
  let number: Int
  let settings: EngineSettings
  let port: any ClientPort
  let definitions: [ProcessorDefinition]
  /// The process's state on disk; without one, tasks are restored from their changelogs whenever they begin.
  let disk: StateWriter?
  let shared: SharedReadings

  var tasks: [TaskID: OwnedTask] = [:]
  var transaction = TransactionSteps()
  /// The tasks whose sealed epochs the open transaction holds.
  var bundle: [OwnedTask] = []
  /// Where the bundle's epochs came to lie, once flushed.
  var delivered: [DeliveredEpoch] = []
  var transactionBegan = Duration.zero
  /// Why the open transaction must be aborted, when it would be refused another time too.
  var refusal: String?
  /// Each task's epoch goes out alone until all that are sealed are committed or their tasks stalled.
  var isolates = false
  var pace: Pace
  /// The last look at the inputs brought nothing.
  var isDry = true
  /// When the producer, or the open transaction, may be tried again.
  var retryAt = Duration.zero
  var state = WorkerStatus.State.running
  var stopBy: Duration?
  var trouble: String?

  /// What the runner does between turns.
  public enum Rest: Hashable, Sendable {
    case none
    /// Wait for the port, at most this long.
    case upTo(Duration)
    /// The worker has ended; it is not turned again.
    case forEver
  }

  public init(
    _ number: Int, _ definitions: [ProcessorDefinition], _ settings: EngineSettings, _ port: any ClientPort,
    disk: StateWriter? = nil
  ) {
    self.number = number
    self.definitions = definitions
    self.settings = settings
    self.port = port
    self.disk = disk
    shared = SharedReadings(port)
    pace = Pace(settings: settings, lastClose: .zero - settings.commitIntervalMax)
  }

  /// One turn of the loop.
  public func turn(_ now: Moment, _ commands: [WorkerCommand] = []) -> Rest {
    for command in commands { obey(command, now) }
    guard !hasEnded else { return .forEver }
    if let stopBy, now.uptime >= stopBy { return end(.stopped, now) }
    if transaction.isOpen { return stepOpenTransaction(now) }
    guard serveGroup(now) else { return .forEver }
    guard prepareProducer(now) else { return .upTo(settings.retryInterval) }
    advanceTasks(now)
    if stopBy == nil { gather(now) }
    if sealIfDue(now) { return step(now) }
    if stopBy != nil && !tasks.values.contains(where: { $0.sealed != nil && $0.phase == .running }) {
      return end(.stopped, now)
    }
    return rest(now)
  }

  var hasEnded: Bool {
    switch state {
    case .running, .stopping: false
    case .stopped, .fenced, .failed: true
    }
  }

  /// Tasks in a fixed order, so that runs repeat.
  var orderedTasks: [OwnedTask] { tasks.values.sorted { $0.id < $1.id } }

  func end(_ state: WorkerStatus.State, _ now: Moment) -> Rest {
    self.state = state
    // What cannot be written now is read again from the changelogs; so is what an epoch without a known
    // commit has touched, because its changes are among those to be written.
    for task in orderedTasks where task.sealed == nil { try? task.state?.flush() }
    let left = stopBy.map { max(.zero, $0 - now.uptime) } ?? .zero
    port.close(deadline: max(left, .seconds(1)))
    return .forEver
  }

  private func rest(_ now: Moment) -> Rest {
    let hasWork = orderedTasks.contains { $0.phase == .running && $0.hasWork(now) }
    if !isDry { return .none }
    let isGettingGoing = orderedTasks.contains { $0.phase == .restoring || $0.phase == .takingOver }
    if isGettingGoing { return .upTo(.milliseconds(1)) }
    return .upTo(pace.rest(at: now.uptime, hasWork: hasWork))
  }
}

/// What a worker can be told to do.
public enum WorkerCommand: Hashable, Sendable {
  /// Commit what has been gathered and end, within this time.
  case stop(within: Duration)
  /// Let a stalled task go on behind the records that were deleted before it read them.
  case skip(TaskID)
}
