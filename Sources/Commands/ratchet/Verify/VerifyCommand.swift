// ratchet verify: is this installation whole? Topics, what stands on them, the configuration, the tasks (or
// the stores, of an instance that does not run), and one event sent through all of it (R15.5).
import Basics
import Kafka
import POSIX
import Runtime
import Topology

extension Command {
  static let verify = Command(
    name: "verify",
    summary: "check an installation: topics, configuration, records, stores, and one event through all",
    options: topicOptions + [inputsOption] + BrokerConnection.options(isRequired: true) + [
      Option(
        name: "data", value: "DIR", summary: "check the tasks of the instance in this folder, or its stores"),
      Option(name: "no-probe", summary: "send no event: nothing is written"),
      Option(
        name: "probe-seconds", value: "N", summary: "how long the event may take to come out",
        fallback: "60"),
    ],
    notes: """
      The probe is one execution of the agent probe of the organization verify; it is through when that
      agent's scorecard shows it. Each check prints a line; what is wrong, why, and what to do stands \
      below it.
      Ends with 0 when every check passes, with 1 when one does not.
      """,
    run: runVerify)
}

/// One check's outcome.
struct VerifyFinding: Equatable {
  var check: String
  var text: String
  /// What is wrong, each with what to do; none when all is well.
  var faults: [String] = []

  var lines: String {
    let mark = faults.isEmpty ? "ok    " : "WRONG "
    let name = check + String(repeating: " ", count: max(1, 15 - check.count))
    return ([mark + name + text] + faults.map { "      " + $0 }).joined(separator: "\n")
  }
}

private func runVerify(_ arguments: Arguments) throws -> ExitStatus {
  let (declared, prefix) = try declaredTopics(arguments)
  let inputs = try inputsPrefix(arguments) ?? prefix
  let topics = ownTopics(declared, prefix: prefix, inputs: inputs)
  guard let client = try BrokerConnection.configuration(arguments) else {
    throw UsageError("--bootstrap HOST:PORT is missing")
  }
  let patience = Duration.seconds(try arguments.integer("probe-seconds", in: 1...3600) ?? 60)
  var isWhole = true
  func show(_ check: String, _ body: () throws -> VerifyFinding) {
    var finding = VerifyFinding(check: check, text: "could not be checked")
    do { finding = try body() } catch { finding.faults = ["\(error)"] }
    print(finding.lines)
    flushStandardOutput()
    if !finding.faults.isEmpty { isWhole = false }
  }
  show("topics") { try topicFinding(topics, prefix, client) }
  show("configuration") { try configurationFinding(prefix: inputs, client) }
  show("records") { try recordFinding(topics, prefix, client) }
  if let data = arguments.text("data") {
    show("instance") {
      let folder = engineFolder(in: data)
      guard isFolder(folder) else {
        return VerifyFinding(
          check: "instance", text: "there is none in \(data)",
          faults: ["\(folder) is no folder: --data names the one that ratchet up was given"])
      }
      let (forecasts, obstacle) = try forecasts(data: data, prefix: prefix, inputs: inputs, client)
      return obstacle == nil ? storeFinding(forecasts) : try taskFinding(data)
    }
  }
  if !arguments.flag("no-probe") {
    show("probe") { try VerifyProbe(client, prefix: prefix, inputs: inputs, patience: patience).run() }
  }
  return isWhole ? .success : .failure
}

func topicFinding(
  _ topics: [TopicDeclaration], _ prefix: String, _ client: ClientConfiguration
) throws -> VerifyFinding {
  let plan = try planned(topics, prefix: prefix, TopicBroker(client))
  var finding = VerifyFinding(check: "topics", text: "\(topics.count) are declared")
  finding.faults =
    plan.creations.map { "\($0.name) is missing: ratchet topics apply creates it" }
    + plan.changes.map { "\($0.name) is set otherwise: ratchet topics plan shows how" }
    + plan.refusals.map { "\($0)" }
  if finding.faults.isEmpty { finding.text += " and there as declared" }
  return finding
}

/// The records that readers rely on: JSON objects that say by which version of their schema they are written.
func recordFinding(
  _ topics: [TopicDeclaration], _ prefix: String, _ client: ClientConfiguration
) throws -> VerifyFinding {
  let read = topics.filter { $0.kind == .projection || $0.kind == .decision }.map(\.name)
  let follower = try TopicFollower(read, prefix: prefix, client)
  let deadline = ContinuousClock.now + .seconds(60)
  var (count, wrong) = (0, [String]())
  while !follower.hasCaughtUp, ContinuousClock.now < deadline {
    try follower.turn(.milliseconds(100)) { record in
      count += 1
      guard record.value != nil, record.leaves?["schema_version"] == nil else { return }
      wrong.append("\(record.partition) \(record.offset) is no record of this product")
    }
  }
  var finding = VerifyFinding(check: "records", text: "\(count) on \(read.count) projections and decisions")
  if !follower.hasCaughtUp { finding.faults.append("not read to their end in a minute: is a broker slow?") }
  finding.faults += wrong.prefix(5)
  if wrong.count > 5 { finding.faults.append("and \(wrong.count - 5) more") }
  return finding
}

/// What a start would find, of an instance that does not run.
func storeFinding(_ forecasts: [TaskForecast]) -> VerifyFinding {
  let count = forecasts.reduce(0) { $0 + $1.stores.count }
  var finding = VerifyFinding(
    check: "stores", text: "nobody runs in this folder: \(count) of \(forecasts.count) tasks")
  for forecast in forecasts {
    finding.faults += forecast.stores.filter { $0.action == .refuse }.map {
      "\(forecast.task) \($0.name): \($0.why)"
    }
  }
  finding.text += finding.faults.isEmpty ? ", and a start can go on with each" : ""
  return finding
}

private func taskFinding(_ data: String) throws -> VerifyFinding {
  let table = try TaskDesk.ask(.list, data: data)
  let tasks = table.split(separator: "\n").dropFirst().filter { $0.split(separator: " ").count > 3 }
  var finding = VerifyFinding(check: "tasks", text: "\(tasks.count) are this instance's")
  finding.faults = tasks.filter { $0.split(separator: " ").dropFirst().first != "running" }.map {
    "\($0): see ratchet tasks list"
  }
  if tasks.isEmpty { finding.faults = ["it has none: other instances have them all, or the group forms"] }
  return finding
}
