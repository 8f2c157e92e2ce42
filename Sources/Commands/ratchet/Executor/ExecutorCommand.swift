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
        name: "data", value: "DIR", summary: "its ledger of what it did, and archives", isRequired: true),
      Option(name: "flags", value: "FILE", summary: "the flag file in flagd's format that it writes"),
      Option(
        name: "run", value: "PROGRAM",
        summary: "run for each decision: the decision is its input, its id the argument; 0 means done"),
      Option(
        name: "health", value: "PROGRAM", summary: "run after each act: 0 means a healthy baseline"),
      Option(
        name: "name", value: "NAME", summary: "how it is called in reports", fallback: "ratchet-executor"),
      prefixOption, inputsOption,
    ] + BrokerConnection.options(isRequired: true),
    notes: """
      A decision is acted on once: its id stands in the ledger before it is reported. Of a deployment's
      decisions only the newest counts; one of an older revision, or that another has overtaken, is refused
      and reported as skipped. What fails is tried again. Evidence is archived behind the act (R10.6).
      Ends with 0 after SIGTERM or SIGINT.
      """,
    run: runExecutor)
}

private func runExecutor(_ arguments: Arguments) throws -> ExitStatus {
  let prefix = arguments.text("prefix") ?? ""
  let inputs = try inputsPrefix(arguments) ?? prefix
  let signals = try TerminationSignals()
  guard let client = try BrokerConnection.configuration(arguments) else {
    throw UsageError("--bootstrap HOST:PORT is missing")
  }
  guard arguments.text("flags") != nil || arguments.text("run") != nil else {
    throw UsageError("neither --flags nor --run: there would be nothing to do")
  }
  let folder = try DataFolder(arguments.text("data") ?? "")
  let settings = ExecutorDesk.Settings(
    folder: folder.path, flagFile: arguments.text("flags"), command: arguments.text("run"),
    healthCommand: arguments.text("health"), name: arguments.text("name") ?? "")
  let log = Logger(service: "executor", version: ratchetVersion)
  let executor = try Executor(settings, client, prefix: prefix, inputs: inputs, log)
  while true {
    if let signal = signals.take() {
      log.info("executor_ending", "asked to end", data: ["signal": .text(signal)])
      return .success
    }
    try executor.turn(.milliseconds(100))
  }
}
