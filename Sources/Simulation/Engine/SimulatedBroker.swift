// The broker's core as a process: it answers at once or not at all, dies with what it has not synced, and
// starts again on what its disk kept.
internal import Basics
internal import BrokerCore
internal import BrokerProtocol

final class SimulatedBroker {
  private let disk = SimulatedDisk()
  private var core: Broker?
  private var random: SeededRandom
  private var lastToken: UInt64 = 0
  private var held: [Reply] = []
  /// Answers that nobody waits for in a call.
  private(set) var answers: [(ReplyAddress, Response)] = []
  private(set) var complaint: String?
  /// Now and then the disk fails under it.
  var mayFail = false

  init(_ random: SeededRandom, now: Timestamp) {
    self.random = random
    start(now)
  }

  var isUp: Bool { core != nil }
  var nextDeadline: Timestamp? { core?.nextDeadline }

  func nextToken() -> ReplyToken {
    lastToken += 1
    return ReplyToken(rawValue: lastToken)
  }

  /// Handles a request and makes it durable. Nil when the broker is down, or dies of it, or answers later.
  func ask(_ request: Request, version: Int16, on connection: ConnectionID, _ now: Timestamp) -> Response? {
    let token = nextToken()
    send(request, version: version, ReplyAddress(connection: connection, token: token), now)
    guard let index = answers.firstIndex(where: { $0.0.token == token }) else { return nil }
    return answers.remove(at: index).1
  }

  /// Handles a request; its answer will be among `answers`, perhaps later.
  func send(_ request: Request, version: Int16, _ address: ReplyAddress, _ now: Timestamp) {
    core?.handle(
      request, header: RequestHeader(key: .metadata, version: version), from: address.connection,
      token: address.token, now: now)
    pump(now)
  }

  func takeAnswers() -> [(ReplyAddress, Response)] {
    defer { answers = [] }
    return answers
  }

  func hangUp(_ connection: ConnectionID, _ now: Timestamp) { core?.disconnected(connection, now: now) }

  func tick(_ now: Timestamp) {
    core?.tick(now: now)
    pump(now)
    while let core, let job = core.takeMaintenance(now: now) {
      do {
        try job.run()
        core.completed(job, now: now)
      } catch { die() }
      pump(now)
    }
  }

  private func pump(_ now: Timestamp) {
    while let core {
      held += core.takeReplies()
      let durable = core.durable
      for reply in held where reply.after.map({ $0 <= durable }) ?? true {
        answers.append((reply.address, reply.response))
      }
      held.removeAll { $0.after.map { $0 <= durable } ?? true }
      guard let job = core.takeFlush() else { return }
      do {
        try job.run()
        core.completed(job, now: now)
      } catch { die() }
    }
  }

  /// The process ends; so does the machine, as a rule.
  func die() {
    guard core != nil else { return }
    core = nil
    held = []
    answers = []
    if random.chance(1, in: 4) { disk.kill() } else { disk.crash(&random) }
  }

  func start(_ now: Timestamp) {
    guard core == nil else { return }
    disk.inject(fault())
    var settings = BrokerSettings(seed: random.next())
    settings.createsTopics = false
    settings.upkeepInterval = .seconds(1)
    var storing = LogStoreSettings()
    storing.checkpointBytes = 60_000
    storing.journalFileBytes = 20_000
    do {
      core = try Broker.open(on: disk, storing: storing, settings: settings, now: now).broker
    } catch {
      if !mayFail, !disk.hasStopped { complaint = "the broker does not start: \(error)" }
      disk.crash(&random)
    }
  }

  private func fault() -> SimulatedDisk.Fault? {
    guard mayFail else { return nil }
    return switch random.int(in: 0..<4) {
    case 0: .stop(afterOperations: random.int(in: 0..<2000))
    case 1: .failedSync(afterSyncs: random.int(in: 0..<1000))
    default: nil
    }
  }
}
