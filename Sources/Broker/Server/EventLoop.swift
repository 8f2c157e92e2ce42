// The broker's one thread: clients' bytes become requests, requests go to the core, answers go back. Each
// turn waits, reads what came, lets the core do what is due, hands the disk's work to its threads, and sends
// what may leave.
internal import Basics
internal import BrokerCore
internal import BrokerProtocol
internal import POSIX

/// Built and run on the thread that owns it.
final class EventLoop {
  let settings: ServerSettings
  let log: Logger
  let broker: Broker
  let listener: ListeningSocket
  let poller: Poller
  private let wakeup: Wakeup
  private let stopRequested: @Sendable () -> Bool

  private var clock = SteadyClock()
  /// The time of this turn.
  private(set) var now: Timestamp

  var connections: [ConnectionID: Connection] = [:]
  var lastConnection: UInt64 = Key.first
  /// Connections with answers or room that this turn made.
  var touched: Set<ConnectionID> = []
  /// When accepting may be tried again after the process ran out of descriptors; nil while it is accepting.
  var acceptsAgain: Timestamp?
  private var idleCheckDue: Timestamp
  /// Answers that rest on what is not durable yet, in the order of what they wait for.
  private var held: [Reply] = []

  let flusher: JobThread<FlushJob>
  let maintenance: JobThread<MaintenanceJob>
  /// Nil where nobody has to sign on.
  let desk: SignOnDesk?

  /// What the poller tells descriptors apart by; connections have their own numbers.
  enum Key {
    static let listener: UInt64 = 0
    static let wakeup: UInt64 = 1
    static let first: UInt64 = 2
  }

  init(
    settings: ServerSettings, log: Logger, broker: Broker, listener: ListeningSocket, wakeup: Wakeup,
    stopRequested: @escaping @Sendable () -> Bool
  ) throws(SystemCallError) {
    self.settings = settings
    self.log = log
    self.broker = broker
    self.listener = listener
    self.wakeup = wakeup
    self.stopRequested = stopRequested
    now = clock.now()
    idleCheckDue = now
    poller = try Poller()
    flusher = try JobThread("broker-flusher", waking: wakeup) { job throws(StoreError) in try job.run() }
    maintenance = try JobThread("broker-keeper", waking: wakeup) { job throws(StoreError) in
      try job.run()
    }
    desk = try Self.desk(settings, wakeup)
    try poller.add(listener.descriptor, key: Key.listener, for: .reading)
    try poller.add(wakeup.descriptor, key: Key.wakeup, for: .reading)
  }

  private static func desk(
    _ settings: ServerSettings, _ wakeup: Wakeup
  ) throws(SystemCallError) -> SignOnDesk? {
    guard let users = settings.users else { return nil }
    return try SignOnDesk(users, failures_max: settings.failedSignOns_max, waking: wakeup)
  }

  /// Serves until a stop is asked for or the disk fails; then everything written is flushed, or the error
  /// thrown.
  func run() throws(LoopFailure) {
    do {
      while !stopRequested() { try turn() }
      try finish()
    } catch {
      stopThreads()
      throw error
    }
    stopThreads()
  }

  private func stopThreads() {
    flusher.stop()
    maintenance.stop()
    desk?.stop()
  }

  private func turn() throws(LoopFailure) {
    var events: [Poller.Event] = []
    do {
      try poller.wait(timeout: timeUntilDue) { events.append($0) }
    } catch {
      throw .system(error)
    }
    now = clock.now()
    for event in events { handle(event) }
    try serve()
    checkIdleConnections()
  }

  private func handle(_ event: Poller.Event) {
    switch event.key {
    case Key.listener: acceptClients()
    case Key.wakeup: wakeup.clear()
    default: handle(event, of: ConnectionID(rawValue: event.key))
    }
  }

  /// What follows from everything the turn has brought.
  private func serve() throws(LoopFailure) {
    if let deadline = broker.nextDeadline, deadline <= now { broker.tick(now: now) }
    try moveJobs()
    // Sending makes room, room lets buffered requests in, and those have answers: until nothing moves.
    while true {
      takeReplies()
      try advanceSignOns()
      guard !touched.isEmpty else { break }
      let ready = touched
      touched = []
      for id in ready { if let connection = connections[id] { advance(connection) } }
    }
    try moveJobs()
  }

  private func takeReplies() {
    for reply in broker.takeReplies() {
      if let after = reply.after, broker.durable < after { held.append(reply) } else { deliver(reply) }
    }
  }

  private func deliver(_ reply: Reply) {
    // A client that is gone, and an answer that nobody wanted (acks=0), are the same here.
    guard reply.address.token != .unanswered, let connection = connections[reply.address.connection]
    else { return }
    connection.replies.answer(reply.address.token, reply.response)
    touched.insert(connection.id)
  }

  /// Takes note of jobs that ended, and hands out those that wait.
  private func moveJobs() throws(LoopFailure) {
    do {
      if let job = try flusher.takeFinished() {
        broker.completed(job, now: now)
        releaseHeldReplies()
      }
      if let job = try maintenance.takeFinished() {
        broker.completed(job, now: now)
        tellUnreadBatches()
      }
    } catch {
      throw .store(error)
    }
    if !flusher.isBusy, let job = broker.takeFlush() { flusher.start(job) }
    if !maintenance.isBusy, let job = broker.takeMaintenance(now: now) { maintenance.start(job) }
  }

  private func tellUnreadBatches() {
    for unread in broker.takeUnreadBatches() {
      log.warning(
        "compaction_incomplete",
        "batches stay as they came: only uncompressed and LZ4 ones are opened. "
          + "Set compression.type to lz4 or none in the topic's producers",
        data: [
          "topic": .text(unread.topic), "partition": .integer(Int64(unread.partition)),
          "batches": .integer(Int64(unread.batches)),
        ])
    }
  }

  private func releaseHeldReplies() {
    let durable = broker.durable
    let count = held.firstIndex { $0.after.map { durable < $0 } ?? false } ?? held.count
    for reply in held[..<count] { deliver(reply) }
    held.removeFirst(count)
  }

  private var timeUntilDue: Duration? {
    let due = [broker.nextDeadline, acceptsAgain, nextSignOn, connections.isEmpty ? nil : idleCheckDue]
    return due.compactMap(\.self).min().map { $0 - now }
  }

  private func checkIdleConnections() {
    if let again = acceptsAgain, again <= now { resumeAccepting() }
    guard idleCheckDue <= now else { return }
    idleCheckDue =
      now + min(settings.idleTimeout / 8, desk == nil ? settings.idleTimeout : settings.signOnTimeout / 2)
    for connection in connections.values {
      let isIdle = connection.replies.count == 0 && now - connection.lastActive > settings.idleTimeout
      let isStranger = desk != nil && !connection.signOn.isSignedOn
      if isIdle || isStranger && now - connection.opened > settings.signOnTimeout {
        close(connection, because: nil)
      }
    }
  }

  /// Nothing more is read; what was written becomes durable, and whoever waits for it is told.
  private func finish() throws(LoopFailure) {
    for connection in connections.values { watch(connection, for: []) }
    try moveJobs()
    while flusher.isBusy || maintenance.isBusy {
      do {
        try poller.wait(timeout: .seconds(1)) { _ in }
      } catch {
        throw .system(error)
      }
      wakeup.clear()
      try moveJobs()
    }
    takeReplies()
    for id in touched { if let connection = connections[id] { send(connection) } }
    for connection in connections.values { close(connection, because: nil) }
  }
}

/// Why the loop cannot go on.
enum LoopFailure: Error {
  case store(StoreError)
  case system(SystemCallError)

  var diagnostic: Diagnostic {
    switch self {
    case .store(let error): error.diagnostic
    case .system(let error): Diagnostic("the broker's event loop failed: \(error)")
    }
  }
}

extension ReplyToken {
  /// Of requests whose clients expect no answer.
  static let unanswered = ReplyToken(rawValue: .max)
}
