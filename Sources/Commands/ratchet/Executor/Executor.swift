// The executor as it runs: it follows the decisions and hands them to its desk, in a process of its own or on
// a thread of `ratchet up`.
import Basics
import Kafka
import POSIX
import Runtime
import Synchronization

/// Used on one thread.
final class Executor {
  private let desk: ExecutorDesk
  private let follower: TopicFollower
  private let address: String
  private let log: Logger

  /// `inputs`: the prefix of the topics that others publish to, as it does with its reports.
  init(
    _ settings: ExecutorDesk.Settings, _ client: ClientConfiguration, prefix: String, inputs: String,
    _ log: Logger
  ) throws {
    self.log = log
    address = client["bootstrap.servers"] ?? ""
    desk = try ExecutorDesk(
      settings, try DeploymentEventPublisher(client, prefix: inputs, source: "/ratchet/executor"),
      EvidenceArchive(folder: "\(settings.folder)/archive", client: client, prefix: prefix), log)
    follower = try TopicFollower(["rollback-decisions", "rollout-decisions"], prefix: prefix, client)
    guard follower.partitionCount > 0 else {
      throw Diagnostic(
        "there are no decisions' topics", at: .named(prefix), next: "ratchet topics apply makes them")
    }
    log.info(
      "executor_started", "decisions are followed",
      data: ["settled": .integer(Int64(desk.ledger.settled.count))])
  }

  /// Takes what has come, waiting up to `timeout` for it, and does what is to be done.
  func turn(_ timeout: Duration) throws {
    do throws(KafkaError) {
      try follower.turn(timeout) { record in
        guard let value = record.value else { return }
        if let decision = ExecutedDecision(value) {
          desk.take(decision)
        } else {
          log.error(
            "decision_unreadable", "a record is no decision", error: "\(record.partition)@\(record.offset)")
        }
      }
    } catch { throw brokerDiagnostic(error, "decisions cannot be read", at: address) }
    // What came while it was away is seen whole first: only the newest of it is acted on.
    if follower.hasCaughtUp { try desk.work() }
  }
}

/// The executor of `ratchet up`, on a thread of its own: a command that hangs holds up nobody else. Trouble
/// ends it, and says so; the work goes on.
final class ExecutorThread: Sendable {
  /// Held, so that no other executor works with the same ledger.
  private let folder: DataFolder
  private let thread: Thread
  private let isOver: EndFlag

  private final class EndFlag: Sendable {
    let isSet = Atomic<Bool>(false)
  }

  /// Writes `flags`; its ledger stands in `folder`.
  init(
    flags: String, folder path: String, _ client: ClientConfiguration, prefix: String, inputs: String,
    _ log: Logger
  ) throws {
    let (folder, isOver) = (try DataFolder(path), EndFlag())
    let settings = ExecutorDesk.Settings(folder: path, flagFile: flags, name: "ratchet-up")
    thread = try Thread("executor") {
      do {
        let executor = try Executor(settings, client, prefix: prefix, inputs: inputs, log)
        while !isOver.isSet.load(ordering: .relaxed) { try executor.turn(.milliseconds(100)) }
      } catch {
        log.error("executor_ended", "decisions are not carried out here any more", error: "\(error)")
      }
    }
    (self.folder, self.isOver) = (folder, isOver)
  }

  func end() {
    isOver.isSet.store(true, ordering: .relaxed)
    thread.join()
  }
}
