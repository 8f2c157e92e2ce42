// A process with one worker: turned when its time has come, killed, paused, replaced.
internal import Basics
internal import BrokerCore
internal import BrokerProtocol
internal import Runtime

final class WorkerProcess {
  let id: Int
  let slot: Int
  unowned let world: EngineWorld
  private(set) var port: SimulatedPort!
  private var worker: Worker!
  private let rows: WorkerRows?
  private let began: Timestamp
  private var clockOffset: Duration = .zero
  private var pausedUntil: Timestamp?
  private var threadPausedUntil: Timestamp?
  private var membershipPausedUntil: Timestamp?
  private var turnNumber = 0
  private var memberNumber = 0
  private var isResting = false
  private var commands: [WorkerCommand] = []
  /// Another process has been started in its place.
  var isReplaced = false

  init(_ id: Int, slot: Int, in world: EngineWorld) {
    self.id = id
    self.slot = slot
    self.world = world
    began = world.now
    // A second process of a slot stands on another machine, which has none of the first one's rows.
    let isSecond = world.processes.values.contains { $0.slot == slot }
    rows = world.folder.map { WorkerRows(at: "\($0)/\(slot)\(isSecond ? "-\(id)" : "")") }
    if world.has(.clocks) { clockOffset = .milliseconds(Int64(world.random.int(in: -3000..<3000))) }
    port = SimulatedPort(self)
    worker = Worker(slot, world.workload.definitions, world.settings, port, disk: rows?.writer)
  }

  func begin() {
    planTurn(after: .zero)
    planMember(after: .zero)
  }

  var isPaused: Bool { pausedUntil.map { $0 > world.now } ?? false }
  private var moment: Moment {
    Moment(wallClock: world.now + clockOffset, uptime: world.now - began)
  }
  var status: WorkerStatus { worker.status(moment) }
  var trouble: String { status.trouble ?? "no trouble" }

  // MARK: Its thread

  func planTurn(after wait: Duration) {
    turnNumber += 1
    world.schedule(.turn(process: id, number: turnNumber), after: wait)
  }

  func turn(_ number: Int) {
    guard number == turnNumber else { return }
    let until = max(pausedUntil ?? world.now, threadPausedUntil ?? world.now)
    if until > world.now { return planTurn(after: until - world.now) }
    isResting = false
    port.beginTurn()
    defer { commands = [] }
    let rest = worker.turn(moment, commands)
    rows?.settle()
    if port.isDead { return end(torn: true) }
    switch rest {
    case .none: planTurn(after: port.spent + .milliseconds(1))
    case .upTo(let duration):
      isResting = true
      planTurn(after: port.spent + max(.milliseconds(1), duration))
    case .forEver: end(torn: false)
    }
  }

  /// Something was fetched: a worker that waits for its port goes on.
  func stir() {
    if isResting { planTurn(after: .milliseconds(1)) }
  }

  // MARK: Its client's background

  func planMember(after wait: Duration) {
    memberNumber += 1
    world.schedule(.member(process: id, number: memberNumber), after: wait)
  }

  func memberTurn(_ number: Int) {
    guard number == memberNumber else { return }
    let until = max(pausedUntil ?? world.now, membershipPausedUntil ?? world.now)
    if until > world.now { return planMember(after: until - world.now) }
    port.memberTurn()
  }

  func fetch() {
    if let pausedUntil, pausedUntil > world.now {
      return world.schedule(.fetch(process: id), after: pausedUntil - world.now)
    }
    port.fetch()
  }

  func receive(_ response: Response, _ address: ReplyAddress) {
    if let pausedUntil, pausedUntil > world.now {
      return world.schedule(.answer(address, response), after: pausedUntil - world.now)
    }
    port.receive(response, address)
  }

  // MARK: What befalls it

  func pause(for length: Duration) { pausedUntil = world.now + length }
  func pauseThread(for length: Duration) { threadPausedUntil = world.now + length }
  func pauseMembership(for length: Duration) { membershipPausedUntil = world.now + length }
  func clockJump(by step: Duration) { clockOffset += step }
  func stop() { commands.append(.stop(within: .milliseconds(Int64(world.random.int(in: 1..<3000))))) }

  /// Pauses end here; what they have led to stays.
  func wakeUp() {
    (pausedUntil, threadPausedUntil, membershipPausedUntil) = (nil, nil, nil)
    planTurn(after: .milliseconds(1))
    planMember(after: .milliseconds(1))
  }

  func crash() {
    port.isDead = true
    end(torn: true)
  }

  /// `torn`: the disk may have lost the end of what was written.
  func end(torn: Bool) {
    worker = nil
    let torn = torn && world.isStormy ? world.random.int(in: 0..<4000) : 0
    if let rows { world.rowClaims += rows.close(tearing: torn) }
    world.remove(self)
  }
}
