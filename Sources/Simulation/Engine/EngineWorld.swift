// The engine's real workers in a world made for them: a broker's core, virtual time, one thread, one seed.
// Every call of a worker's port is carried out at once, at the moment of its turn; between the turns of one
// worker everything else may happen. After the storm everything must come to rest within a bounded time, and
// then the oracle compares what stands in the topics with what ought to.
internal import Basics
internal import BrokerCore
internal import BrokerProtocol
internal import Runtime

public final class EngineWorld {
  static let stormLength: Duration = .seconds(8)
  /// How long after the storm everything may take to be folded and committed.
  static let calmLength: Duration = .seconds(60)
  static let sessionTimeout: Duration = .milliseconds(1200)
  static let transactionTimeout: Duration = .milliseconds(2500)

  public let troubles: Troubles
  /// What was found to be wrong.
  public private(set) var complaints: [String] = []
  /// How many epochs were committed, and how many records they read, to know that something happened.
  public internal(set) var epochs = 0
  public internal(set) var recordsRead: Int64 = 0
  /// How many epochs a replay has compared.
  public internal(set) var replayed = 0
  /// What happened, to tell apart lives that look alike.
  public private(set) var events = 0
  /// When all was at rest, counted from the storm's end.
  public private(set) var restedAfter: Duration?

  let sabotage: EngineSabotage?
  let workload: Workload
  let settings: EngineSettings
  /// Where workers may keep state; without one they restore from their changelogs.
  let folder: String?
  private(set) var now = Timestamp(milliseconds: 1_700_000_000_000)
  let stormEnd: Timestamp
  var random: SeededRandom
  let broker: SimulatedBroker
  var processes: [Int: WorkerProcess] = [:]
  /// What rows have said of themselves whenever their process ended.
  var rowClaims: [RowClaim] = []
  var lastProcess = 0
  var slots: Int
  private var writers: [InputWriter] = []
  private var agenda = Agenda<Event>()
  private var lastConnection: UInt64 = 0
  private var owners: [ConnectionID: Int] = [:]
  private var plannedTick: Timestamp?
  private var isBrokerDown = false

  enum Event {
    case turn(process: Int, number: Int)
    case member(process: Int, number: Int)
    case fetch(process: Int)
    case answer(ReplyAddress, Response)
    case late(LateRequest)
    case unanswered(process: Int, ReplyToken)
    case write(Int)
    case start(slot: Int)
    case trouble
    case tick
    case brokerStart
    case look
  }

  /// `troubles`: nil for what the seed draws. `folder` is a folder of its own that this life may fill.
  public init(
    seed: UInt64, troubles: Troubles? = nil, folder: String? = nil, sabotage: EngineSabotage? = nil
  ) {
    random = SeededRandom(seed: seed)
    let drawn = Troubles.some(&random)
    self.troubles = troubles ?? drawn
    self.sabotage = sabotage
    self.folder = folder
    stormEnd = now + Self.stormLength
    broker = SimulatedBroker(random.split(), now: now)
    workload = Workload(partitions: Int32(random.int(in: 1..<4)))
    slots = random.int(in: 1..<4)
    var settings = EngineSettings()
    settings.transactionTimeMax = .milliseconds(1800)
    settings.idleWaitMax = .milliseconds(100)
    settings.recordsPerEpochMax = random.int(in: 8..<200)
    self.settings = settings
  }

  var isStormy: Bool { now < stormEnd }

  func has(_ family: Troubles) -> Bool { isStormy && troubles.contains(family) }
  func has(_ family: Troubles, _ numerator: Int, in denominator: Int) -> Bool {
    has(family) && random.chance(numerator, in: denominator)
  }

  func complain(_ complaint: String) { complaints.append(complaint) }

  /// Lives the life and returns what was wrong with it.
  public func run() -> [String] {
    furnish()
    let end = stormEnd + Self.calmLength
    while restedAfter == nil, complaints.isEmpty, let (time, event) = agenda.next(), time <= end {
      now = max(now, time)
      events += 1
      perform(event)
      handOut()
    }
    if let complaint = broker.complaint { complain(complaint) }
    if restedAfter == nil, complaints.isEmpty { complain("not at rest in time: \(unrest ?? "at rest")") }
    for process in processes.values.sorted(by: { $0.id < $1.id }) { process.end(torn: false) }
    if complaints.isEmpty { complaints += EngineOracle(self).judge() }
    return complaints
  }

  private func furnish() {
    let connection = newConnection()
    _ = broker.ask(
      .createTopics(CreateTopicsRequest(topics: workload.topics)), version: 7, on: connection, now)
    for number in 0..<4 {
      writers.append(InputWriter(number, self))
      schedule(.write(number), within: .milliseconds(300))
    }
    writers[0].writeFirstSettings()
    for slot in 0..<slots { schedule(.start(slot: slot), within: .milliseconds(800)) }
    schedule(.trouble, within: .milliseconds(500))
    schedule(.look, after: Self.stormLength + .seconds(1))
    handOut()
  }

  func schedule(_ event: Event, after duration: Duration) { agenda.add(event, at: now + duration) }

  func schedule(_ event: Event, within duration: Duration) {
    let wait_ms = random.int(in: 0..<max(1, Int(duration.milliseconds)))
    agenda.add(event, at: now + .milliseconds(Int64(wait_ms)))
  }

  func newConnection(for process: Int? = nil) -> ConnectionID {
    lastConnection += 1
    let connection = ConnectionID(rawValue: lastConnection)
    owners[connection] = process
    return connection
  }

  private func perform(_ event: Event) {
    switch event {
    case .turn(let id, let number): processes[id]?.turn(number)
    case .member(let id, let number): processes[id]?.memberTurn(number)
    case .fetch(let id): processes[id]?.fetch()
    case .answer(let address, let response):
      if let id = owners[address.connection] { processes[id]?.receive(response, address) }
    case .late(let request): request.arrive(in: self)
    case .unanswered(let id, let token): processes[id]?.port.unanswered(token)
    case .write(let number): writers[number].wake()
    case .start(let slot): start(slot)
    case .trouble: makeTrouble()
    case .tick:
      plannedTick = nil
      broker.tick(now)
    case .brokerStart:
      broker.start(now)
      if !broker.isUp { planBrokerStart() }
    case .look: look()
    }
  }

  /// What the broker has left to do after an event: answers to give out, its next tick, its next life.
  private func handOut() {
    for (address, response) in broker.takeAnswers() {
      agenda.add(.answer(address, response), at: now + .milliseconds(Int64(random.int(in: 0..<4))))
    }
    if !broker.isUp, !isBrokerDown {
      planBrokerStart()
      for process in processes.values.sorted(by: { $0.id < $1.id }) { process.port.connectionsBroke() }
    }
    isBrokerDown = !broker.isUp
    guard let due = broker.nextDeadline.map({ max($0, now + .milliseconds(1)) }) else { return }
    if let planned = plannedTick, planned <= due { return }
    plannedTick = due
    agenda.add(.tick, at: due)
  }

  private func planBrokerStart() {
    schedule(.brokerStart, after: .milliseconds(Int64(random.int(in: 20..<900))))
  }

  /// Whether everything has come to rest.
  private func look() {
    guard unrest != nil else {
      restedAfter = now - stormEnd
      return
    }
    schedule(.look, after: .milliseconds(200))
  }
}

extension EngineWorld {
  /// One request to the broker and its answer, as far as the network lets them through.
  func exchange(_ request: Request, version: Int16, on connection: ConnectionID, of process: WorkerProcess)
    -> Response?
  {
    process.port.settleLateRequests(on: connection)
    guard has(.network) else { return broker.ask(request, version: version, on: connection, now) }
    switch random.int(in: 0..<120) {
    case 0: return nil
    case 1:
      _ = broker.ask(request, version: version, on: connection, now)
      return nil
    case 2, 3:
      delay(request, version: version, on: connection, of: process)
      return nil
    default: return broker.ask(request, version: version, on: connection, now)
    }
  }

  /// The request will arrive long after its sender has stopped to wait for the answer.
  func delay(_ request: Request, version: Int16, on connection: ConnectionID, of process: WorkerProcess) {
    let late = LateRequest(request, version: version, on: connection)
    process.port.lateRequests.append(late)
    schedule(.late(late), within: .milliseconds(4000))
  }
}

/// A request that is still on its way. Nothing that its sender sends later on the same connection overtakes
/// it.
final class LateRequest {
  let connection: ConnectionID
  private let request: Request
  private let version: Int16
  private var hasEnded = false

  init(_ request: Request, version: Int16, on connection: ConnectionID) {
    (self.request, self.version, self.connection) = (request, version, connection)
  }

  func arrive(in world: EngineWorld) {
    guard !hasEnded else { return }
    hasEnded = true
    _ = world.broker.ask(request, version: version, on: connection, world.now)
  }

  func getLost() { hasEnded = true }
}
