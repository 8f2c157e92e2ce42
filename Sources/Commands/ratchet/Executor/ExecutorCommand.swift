// ratchet executor: the reference executor (R10.7). It follows the decisions and carries them out.
import Basics
import Kafka
import POSIX
import Runtime

extension Command {
  static let executor = Command(
    name: "executor", summary: "carry decisions about deployments out: a feature-flag file, or a command",
    options: [
      Option(
        name: "data", value: "DIR", summary: "its ledger of what it has done, and archives", isRequired: true),
      Option(name: "flags", value: "FILE", summary: "the flag file in flagd's format that it writes"),
      Option(
        name: "run", value: "PROGRAM",
        summary: "run for each decision: the decision is its input, its id the argument; 0 means done"),
      Option(
        name: "health", value: "PROGRAM", summary: "run after each act: 0 means that the baseline is healthy"),
      Option(
        name: "name", value: "NAME", summary: "how it is called in reports", fallback: "ratchet-executor"),
      prefixOption,
    ] + BrokerConnection.options(isRequired: true),
    notes: """
      A decision is acted on once: its id stands in the ledger before it is reported. Of a deployment's decisions
      only the newest counts; one of an older revision, or that another has overtaken, is refused and reported as
      skipped. What fails is tried again. Evidence is archived behind the act (R10.6).
      Ends with 0 after SIGTERM or SIGINT.
      """,
    run: runExecutor)
}

private func runExecutor(_ arguments: Arguments) throws -> ExitStatus {
  let signals = try TerminationSignals()
  guard let client = try BrokerConnection.configuration(arguments) else {
    throw UsageError("--bootstrap HOST:PORT is missing")
  }
  guard arguments.text("flags") != nil || arguments.text("run") != nil else {
    throw UsageError("neither --flags nor --run: there would be nothing to do")
  }
  let folder = try DataFolder(arguments.text("data") ?? "")
  let prefix = arguments.text("prefix") ?? ""
  let log = Logger(service: "executor", version: ratchetVersion)
  let settings = ExecutorDesk.Settings(
    folder: folder.path, flagFile: arguments.text("flags"), command: arguments.text("run"),
    healthCommand: arguments.text("health"), name: arguments.text("name") ?? "")
  let desk = try ExecutorDesk(
    settings, try DeploymentEventPublisher(client, prefix: prefix, source: "/ratchet/executor"),
    EvidenceArchive(folder: "\(folder.path)/archive", client: client, prefix: prefix), log)
  let follower = try TopicFollower(["rollback-decisions", "rollout-decisions"], prefix: prefix, client)
  guard follower.partitionCount > 0 else {
    throw Diagnostic(
      "there are no decisions' topics", at: .named(prefix), next: "ratchet topics apply makes them")
  }
  log.info(
    "executor_started", "decisions are followed",
    data: ["settled": .integer(Int64(desk.ledger.settled.count))])
  while true {
    if let signal = signals.take() {
      log.info("executor_ending", "asked to end", data: ["signal": .text(signal)])
      return .success
    }
    do throws(KafkaError) {
      try follower.turn(.milliseconds(100)) { record in
        guard let value = record.value else { return }
        if let decision = ExecutedDecision(value) {
          desk.take(decision)
        } else {
          log.error(
            "decision_unreadable", "a record is no decision", error: "\(record.partition)@\(record.offset)")
        }
      }
    } catch {
      throw brokerDiagnostic(error, "decisions cannot be read", at: client["bootstrap.servers"] ?? "")
    }
    // What came while it was away is seen whole first: only the newest of it is acted on.
    if follower.hasCaughtUp { try desk.work() }
  }
}
