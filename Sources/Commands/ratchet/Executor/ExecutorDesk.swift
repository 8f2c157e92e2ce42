// Carries decisions out: flags, a command, a line in the ledger, a report; then the archive. The order is
// what makes it safe: acting is idempotent (a file written whole, a command that is told the decision's id),
// and the ledger's line is on the device before the report.
import Basics
import Kafka
import POSIX

/// One executor's hands.
final class ExecutorDesk {
  struct Settings {
    var folder: String
    var flagFile: String?
    var command: String?
    var healthCommand: String?
    var name: String
  }

  private(set) var ledger: ExecutorLedger
  private let settings: Settings
  private let journal: File
  private var journalEnd: Int
  private let publisher: DeploymentEventPublisher
  private let archive: EvidenceArchive
  private let log: Logger
  private var unarchived: [ExecutedDecision] = []
  /// By decision: when it is tried again, and how often it has failed.
  private var retries: [String: (at: ContinuousClock.Instant, failures: Int)] = [:]

  /// A command that takes longer is taken to hang.
  private static let patience = Duration.seconds(60)
  private static let retryMax = Duration.seconds(60)
  private static let ledgerBytesMax = 256 << 20

  init(
    _ settings: Settings, _ publisher: DeploymentEventPublisher, _ archive: EvidenceArchive, _ log: Logger
  ) throws(SystemCallError) {
    self.settings = settings
    self.publisher = publisher
    self.archive = archive
    self.log = log
    let path = "\(settings.folder)/ledger.jsonl"
    journal = try File(path, create: .ifMissing)
    let bytes = try readWholeFile(path, limit: Self.ledgerBytesMax)
    ledger = ExecutorLedger(lines: bytes)
    // What a crash cut off is overwritten.
    journalEnd = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    try journal.truncate(to: journalEnd)
  }

  func take(_ decision: ExecutedDecision) { ledger.take(decision) }

  /// Whether nothing is left to do but to wait for decisions or for another try.
  func work() throws {
    for step in ledger.steps() {
      switch step {
      case .refuse(let decision, let reason): try settle(decision, .skipped, notes: reason)
      case .act(let decision):
        if let retry = retries[decision.id], ContinuousClock.now < retry.at { continue }
        try act(decision)
      }
    }
    // Behind every act: an archive may take a minute, a rollback may not wait for one.
    while let decision = unarchived.first {
      unarchived.removeFirst()
      preserve(decision)
    }
  }

  private func act(_ decision: ExecutedDecision) throws {
    let begun = ContinuousClock.now
    var after = ledger
    after.settle(decision, .applied)
    var error: String?
    if !decision.isDrill {
      if let path = settings.flagFile {
        do throws(SystemCallError) { try replaceFile(path, with: flagDefinitions(after)) } catch {
          return try fail(decision, "flag-file", "\(path): \(error.reason)")
        }
      }
      if let command = settings.command { error = run(command, decision) }
    }
    if let error { return try fail(decision, "command-failed", error) }
    retries[decision.id] = nil
    let took = (ContinuousClock.now - begun).milliseconds
    try settle(decision, .applied, notes: decision.isDrill ? "drill: nothing was changed" : "took \(took) ms")
    if decision.isRollback { unarchived.append(decision) }
  }

  private func fail(_ decision: ExecutedDecision, _ type: String, _ notes: String) throws {
    let failures = (retries[decision.id]?.failures ?? 0) + 1
    let wait = min(Self.retryMax, .seconds(1 << min(failures, 6)))
    retries[decision.id] = (ContinuousClock.now + wait, failures)
    log.error(
      "decision_failed", "a decision could not be carried out", error: notes,
      data: ["decision": .text(decision.id)])
    if failures == 1 { try report(decision, .failed, error: type, notes: notes) }
    let now = systemTime()
    try publisher.count(failure: "\(decision.id)-failure-\(now.rawValue)", of: settings.name, at: now)
  }

  private func settle(_ decision: ExecutedDecision, _ status: ExecutedStatus, notes: String) throws {
    let line = ExecutorLedger.line(decision, status)
    try journal.write([ByteSlice(line)], at: journalEnd)
    try journal.sync()
    journalEnd += line.count
    ledger.settle(decision, status)
    log.info(
      "decision_\(status.rawValue)", notes,
      data: ["decision": .text(decision.id), "action": .text(decision.action)])
    try report(decision, status, error: nil, notes: notes)
  }

  private func report(
    _ decision: ExecutedDecision, _ status: ExecutedStatus, error: String?, notes: String
  ) throws {
    var fields = [
      (name: "decision_id", json: quoted(decision.id)), ("status", quoted(status.rawValue)),
      ("target_percent", "\(decision.percent)"), ("executor_id", quoted(settings.name)),
      ("notes", quoted(notes)),
    ]
    if let error { fields.append(("error.type", quoted(error))) }
    if status == .applied, let command = settings.healthCommand {
      fields.append(("baseline_healthy", run(command, decision) == nil ? "true" : "false"))
    }
    try publisher.publish(
      "deployment.reported", id: "\(decision.id)-\(status.rawValue)", organization: decision.organization,
      agent: decision.agent, deployment: decision.deployment, fields, at: systemTime())
  }

  /// Runs a program with the decision on its standard input; what went wrong, nil when nothing did.
  private func run(_ path: String, _ decision: ExecutedDecision) -> String? {
    let (input, output) = ("\(settings.folder)/decision.json", "\(settings.folder)/command-output.txt")
    do throws(SystemCallError) {
      try replaceFile(input, with: decision.json + [UInt8(ascii: "\n")])
      var child = try ChildProcess(path, [decision.id], input: input, output: output)
      let deadline = ContinuousClock.now + Self.patience
      let poller = try Poller()
      while ContinuousClock.now < deadline {
        if let code = child.ended() {
          guard code != 0 else { return nil }
          let said =
            (try? readWholeFile(output, limit: 400)).map { String(decoding: $0, as: UTF8.self) } ?? ""
          return "\(path) ended with \(code): \(said)"
        }
        try poller.wait(timeout: .milliseconds(5)) { _ in }
      }
      child.send(.kill)
      _ = child.wait()
      return "\(path) did not end within 60 s"
    } catch { return "\(path): \(error.reason)" }
  }

  private func preserve(_ decision: ExecutedDecision) {
    do {
      let path = try archive.write(decision)
      log.info(
        "evidence_archived", "the evidence is preserved",
        data: ["decision": .text(decision.id), "file": .text(path)])
    } catch {
      log.error(
        "evidence_lost", "the evidence could not be preserved", error: "\(error)",
        data: ["decision": .text(decision.id)])
    }
  }
}
