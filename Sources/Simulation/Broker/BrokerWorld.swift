// A broker's core in a world made for it: virtual time, a network that breaks, a disk that loses what was not
// synced, and clients that only know what they are told. One seed is one life, the same every time. What the
// clients learn goes to the model, which knows what was promised and nothing of how it is kept.
import Basics
import BrokerCore
import BrokerProtocol

/// What is done to the broker from outside, to see that the model notices.
public enum Sabotage: String, Sendable, CaseIterable {
  /// Syncs do nothing.
  case skippedSync
  /// Answers leave before what they rest on is durable.
  case earlyAnswer
  /// Readers are shown what is not durable yet.
  case unsyncedRecord
  /// Transactions are said to have ended, but no marker is written.
  case forgottenMarker
  /// What a fenced producer sends carries its successor's epoch.
  case acceptedZombie
}

public final class BrokerWorld {
  /// How long things go wrong, and how long afterwards the clients may finish what they began.
  static let stormLength: Duration = .seconds(60)
  static let calmLength: Duration = .seconds(60)

  public let model = BrokerModel()
  let sabotage: Sabotage?
  private(set) var now = Timestamp(milliseconds: 1_700_000_000_000)
  let stormEnd: Timestamp
  var random: SeededRandom
  var network: Network
  private let disk = SimulatedDisk()
  /// Nil between a crash and the next start.
  private(set) var broker: Broker?
  /// Counts the starts: jobs and ticks of a former life mean nothing.
  private var life = 0
  private var held: [Reply] = []
  private var early = EarlyReading()
  private var plannedTick: Timestamp?
  /// One maintenance job at a time, as the server has one thread for them.
  private var isMaintaining = false
  private var agenda = Agenda<Event>()
  private var clients: [any SimulatedClient] = []

  enum Event {
    case wake(client: Int)
    case deliver(Network.Packet)
    case answer(ReplyAddress, Response)
    case broken(client: Int, ConnectionID)
    case flush(FlushJob, life: Int)
    case maintain(MaintenanceJob, life: Int)
    case tick(life: Int)
    case crash
    case start
  }

  public init(seed: UInt64, sabotage: Sabotage? = nil) {
    random = SeededRandom(seed: seed)
    network = Network(random: random.split())
    self.sabotage = sabotage
    stormEnd = now + Self.stormLength
  }

  var isStormy: Bool { now < stormEnd }

  /// Lives one life and returns the promises that were broken.
  public func run() -> [Violation] {
    populate()
    start()
    for _ in 0..<random.int(in: 0..<5) { schedule(.crash, within: Self.stormLength) }
    for index in clients.indices { schedule(.wake(client: index), within: .milliseconds(50)) }
    let end = stormEnd + Self.calmLength
    while let (time, event) = agenda.next(), time <= end {
      now = max(now, time)
      perform(event)
      pump()
    }
    settle()
    return model.violations
  }

  private func populate() {
    let places = [Scenery.place(0), Scenery.place(1), Scenery.table, Scenery.trimmed]
    for (index, place) in places.enumerated() {
      clients.append(SequencedProducer(name: "p\(index)", place: place))
    }
    clients.append(TransactionalWriter(id: "x0", places: [Scenery.place(0), Scenery.place(1)]))
    clients.append(TransactionalWriter(id: "x1", places: [Scenery.place(0), Scenery.table]))
    clients.append(LogReader(.readCommitted, pause_max: .milliseconds(1500)))
    // What is shown too early is there to be seen for a few milliseconds only.
    let pause_max: Duration = .milliseconds(sabotage == .unsyncedRecord ? 10 : 1500)
    clients.append(LogReader(.readUncommitted, pause_max: pause_max))
    for index in 0..<2 { clients.append(GroupWorker(name: "m\(index)")) }
    clients.append(Administrator())
  }

  private func perform(_ event: Event) {
    switch event {
    case .wake(let client): clients[client].wake(Surroundings(self, client))
    case .deliver(let packet): deliver(packet)
    case .answer(let address, let response):
      guard let client = network.client(of: address.connection) else { return }
      clients[client].receive(response, Surroundings(self, client))
    case .broken(let client, let connection):
      guard network.reconnect(client, after: connection) else { return }
      broker?.disconnected(connection, now: now)
      clients[client].disconnected(Surroundings(self, client))
    case .flush(let job, let life):
      run(life) {
        try job.run(); self.broker?.completed(job, now: self.now)
      }
    case .maintain(let job, let life):
      if life == self.life { isMaintaining = false }
      run(life) {
        try job.run()
        self.broker?.completed(job, now: self.now)
      }
    case .tick(let life):
      guard life == self.life else { return }
      plannedTick = nil
      broker?.tick(now: now)
    case .crash: if isStormy { crash() }
    case .start: start()
    }
  }

  func schedule(_ event: Event, within duration: Duration) {
    agenda.add(event, at: now + .milliseconds(Int64(random.int(in: 0..<max(1, Int(duration.milliseconds))))))
  }

  func schedule(_ event: Event, after duration: Duration) { agenda.add(event, at: now + duration) }

  private func deliver(_ packet: Network.Packet) {
    guard let client = network.client(of: packet.connection) else { return }
    guard let broker else { return lose(packet.connection, of: client) }
    if sabotage == .unsyncedRecord { early.note(packet) }
    broker.handle(
      tampered(packet.request), header: RequestHeader(key: .produce, version: packet.version),
      from: packet.connection, token: packet.token, now: now)
  }

  private func tampered(_ request: Request) -> Request {
    switch (sabotage, request) {
    case (.forgottenMarker, .endTxn(var end)):
      end.producerID = .none  // refused, so that nothing ends; the answer is tampered with as well
      return .endTxn(end)
    case (.acceptedZombie, let request): return model.disguised(request)
    default: return request
    }
  }
}

extension BrokerWorld {
  /// Gives out what the broker wants done: answers to the network, jobs to the disk, its next tick to the
  /// clock.
  private func pump() {
    guard let broker else { return }
    held += broker.takeReplies()
    let durable = broker.durable
    let ready = held.filter { sabotage == .earlyAnswer || ($0.after.map { $0 <= durable } ?? true) }
    held.removeAll { sabotage == .earlyAnswer || ($0.after.map { $0 <= durable } ?? true) }
    for reply in ready { transmit(reply) }
    if let job = broker.takeFlush() { schedule(.flush(job, life: life), within: .milliseconds(8)) }
    if !isMaintaining, let job = broker.takeMaintenance(now: now) {
      isMaintaining = true
      schedule(.maintain(job, life: life), within: .milliseconds(50))
    }
    planTick(broker)
  }

  private func planTick(_ broker: Broker) {
    guard let due = broker.nextDeadline.map({ max($0, now + .milliseconds(1)) }) else { return }
    if let planned = plannedTick, planned <= due { return }
    plannedTick = due
    agenda.add(.tick(life: life), at: due)
  }

  private func transmit(_ reply: Reply) {
    let connection = reply.address.connection
    guard let client = network.client(of: connection), !network.isLossy(connection) else { return }
    if isStormy, random.chance(1, in: 80) { return lose(connection, of: client) }
    var response = reply.response
    if sabotage == .unsyncedRecord { response = early.showing(response, beside: held) }
    if sabotage == .forgottenMarker, case .endTxn = response {
      response = .endTxn(EndTxnResponse(error: .none))
    }
    agenda.add(.answer(reply.address, response), at: network.arrival(from: connection, now))
  }

  /// What was on its way is lost; the client notices after a while.
  fileprivate func lose(_ connection: ConnectionID, of client: Int) {
    network.lose(connection)
    schedule(.broken(client: client, connection), within: .milliseconds(500))
  }

  /// A job that fails takes the process with it.
  private func run(_ jobLife: Int, _ body: () throws -> Void) {
    guard jobLife == life, broker != nil else { return }
    do { try body() } catch { crash() }
  }

  private func crash() {
    guard broker != nil else { return }
    broker = nil
    held = []
    if random.chance(1, in: 4) { disk.kill() } else { disk.crash(&random) }
    for (client, connection) in network.connections.enumerated() { lose(connection, of: client) }
    schedule(.start, within: .milliseconds(200))
  }

  private func start() {
    life += 1
    plannedTick = nil
    isMaintaining = false
    if isStormy { injectFault() } else { disk.inject(nil) }
    var settings = BrokerSettings(seed: random.next())
    settings.upkeepInterval = .seconds(5)
    var storing = LogStoreSettings()
    storing.checkpointBytes = 20_000
    storing.journalFileBytes = 8_000
    storing.indexInterval = 256
    let disk: any Disk = sabotage == .skippedSync ? SleepyDisk(disk) : disk
    do {
      broker = try Broker.open(on: disk, storing: storing, settings: settings, now: now).broker
    } catch {
      if !self.disk.hasStopped, !isStormy {
        model.report(.recovery, "the disk does not open again: \(error)")
      }
      self.disk.crash(&random)
      if isStormy || self.disk.hasStopped { schedule(.start, within: .milliseconds(200)) }
    }
  }

  private func injectFault() {
    switch random.int(in: 0..<4) {
    case 0: disk.inject(.stop(afterOperations: random.int(in: 0..<400)))
    case 1: disk.inject(.failedSync(afterSyncs: random.int(in: 0..<200)))
    default: disk.inject(nil)
    }
  }

  /// One last crash, then everything is read and compared with what was promised.
  private func settle() {
    disk.inject(nil)
    crash()
    start()
    guard let broker else { return model.report(.recovery, "no start after the last crash") }
    model.check(FinalReading(of: broker, at: now + .seconds(3600)))
  }
}

/// What a client sees of the world.
struct Surroundings {
  let world: BrokerWorld
  private let client: Int

  init(_ world: BrokerWorld, _ client: Int) {
    (self.world, self.client) = (world, client)
  }

  var model: BrokerModel { world.model }
  var isStormy: Bool { world.isStormy }

  func send(_ request: Request, version: Int16) {
    let packet = world.network.send(request, version: version, from: client)
    if world.network.isLossy(packet.connection) { return }
    if world.isStormy, world.random.chance(1, in: 80) { return world.lose(packet.connection, of: client) }
    let arrival = world.network.arrival(to: packet.connection, world.now)
    world.schedule(.deliver(packet), after: arrival - world.now)
  }

  /// Breaks the connection, as a client does that has waited too long.
  func hangUp() {
    world.schedule(.broken(client: client, world.network.connections[client]), after: .zero)
  }

  func wake(within duration: Duration) { world.schedule(.wake(client: client), within: duration) }
  func draw(_ range: Range<Int>) -> Int { world.random.int(in: range) }
  func chance(_ numerator: Int, in denominator: Int) -> Bool {
    world.random.chance(numerator, in: denominator)
  }
}

/// Knows only what it is told, one event at a time.
protocol SimulatedClient: AnyObject {
  func wake(_ world: Surroundings)
  func receive(_ response: Response, _ world: Surroundings)
  /// Nothing that was under way on the old connection will be answered any more.
  func disconnected(_ world: Surroundings)
}
