// ratchet plan: what a start with this build would do to every topic and every store, without doing it.
import Basics
import Kafka
import POSIX
import Processors
import Runtime
import Topology

extension Command {
  static let plan = Command(
    name: "plan", summary: "show what a start would do to topics and stores, without doing it",
    options: [
      Option(
        name: "data", value: "DIR", summary: "the folder of the instance to start, as ratchet up has it",
        fallback: "ratchet-data"),
      inputsOption,
      Option(name: "json", summary: "one JSON object instead of text"),
    ] + topicOptions + BrokerConnection.options(isRequired: true),
    notes: """
      A store is begun (nothing is recorded yet), reused, migrated (values of older schema versions are read),
      restored from its changelog, or refused: then the start would lose or misread state.
      The data folder is read only while no instance runs in it.
      exit codes: 0 a start goes through, 1 refused or failed, 2 the data folder is in use
      """,
    run: runPlan)
}

private func runPlan(_ arguments: Arguments) throws -> ExitStatus {
  let (declared, prefix) = try declaredTopics(arguments)
  let inputs = try inputsPrefix(arguments) ?? prefix
  let topics = ownTopics(declared, prefix: prefix, inputs: inputs)
  guard let client = try BrokerConnection.configuration(arguments) else {
    throw UsageError("--bootstrap HOST:PORT is missing")
  }
  let broker = try TopicBroker(client)
  try refuseMissingInputs(of: declared, prefix: prefix, inputs: inputs, broker)
  let topicPlan = try planned(topics, prefix: prefix, broker)
  let (forecasts, obstacle) = try forecasts(
    data: arguments.text("data") ?? "", prefix: prefix, inputs: inputs, client)
  if arguments.flag("json") {
    print(planJSON(topicPlan, forecasts, obstacle))
  } else {
    print("plan of a start on \(broker.address)\n\ntopics\n\n\(topicPlan.text)\n\nstores\n")
    print(obstacle.map { "not judged: \($0)" } ?? planText(forecasts))
  }
  if !topicPlan.refusals.isEmpty || forecasts.contains(where: \.isRefused) { return .failure }
  return obstacle == nil ? .success : ExitStatus(code: 2)
}

/// What a start in this folder would do to each task's stores; an obstacle, and none, when somebody else
/// holds the folder.
func forecasts(
  data: String, prefix: String, inputs: String, _ client: ClientConfiguration
) throws -> ([TaskForecast], obstacle: String?) {
  let (disk, obstacle) = try stateOnDisk(data)
  defer { disk?.writer?.shutdown() }
  if let obstacle { return ([], obstacle) }
  let port = try KafkaPort(readingWith: client, partitions: 4)
  var forecasts: [TaskForecast] = []
  for definition in processors(prefix: prefix, inputs: inputs) {
    // A topic that a start creates first has no epochs yet.
    guard let count = try? port.partitionCount(of: definition.epochsTopic) else { continue }
    for number in 0..<count {
      forecasts.append(
        try TaskForecast(
          PartitionID(number), of: definition, port, disk: disk?.writer,
          tombstoneRetention: EngineSettings().tombstoneRetention, now: systemTime()))
    }
  }
  return (forecasts, nil)
}

/// The folder, held so that nobody starts in it meanwhile, and its state if it has any.
private struct HeldState {
  let folder: DataFolder
  let writer: StateWriter?
}

/// nil without a folder; an obstacle when somebody else holds it.
private func stateOnDisk(_ data: String) throws -> (HeldState?, obstacle: String?) {
  let path = engineFolder(in: data)
  guard isFolder(path) else { return (nil, nil) }
  let folder: DataFolder
  do throws(Diagnostic) { folder = try DataFolder(path) } catch { return (nil, error.description) }
  return (HeldState(folder: folder, writer: try StateWriter.existing(in: folder)), nil)
}

private func planText(_ forecasts: [TaskForecast]) -> String {
  var lines: [String] = []
  for forecast in forecasts {
    let place = forecast.last.map { "behind epoch \($0)" } ?? "from its inputs' beginning"
    let code = forecast.isOtherCode ? ", by other code than folded that epoch" : ""
    lines.append("\(forecast.task) goes on \(place)\(code)")
    for store in forecast.stores { lines.append("  \(store.name): \(store.action.rawValue), \(store.why)") }
    for warning in forecast.warnings { lines.append("  \(warning)") }
  }
  return lines.isEmpty ? "no task has run yet" : lines.joined(separator: "\n")
}

private func planJSON(_ topics: TopicPlan, _ forecasts: [TaskForecast], _ obstacle: String?) -> String {
  func quoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.appendJSON(text)
    return String(decoding: bytes, as: UTF8.self)
  }
  let tasks = forecasts.map { forecast in
    let stores = forecast.stores.map {
      "{\"name\":\(quoted($0.name)),\"action\":\(quoted($0.action.rawValue)),\"why\":\(quoted($0.why))}"
    }
    return "{\"task\":\(quoted("\(forecast.task)")),\"last_epoch\":"
      + (forecast.last.map { "\($0)" } ?? "null") + ",\"other_code\":\(forecast.isOtherCode),\"stores\":["
      + stores.joined(separator: ",") + "],\"warnings\":["
      + forecast.warnings.map(quoted).joined(separator: ",") + "]}"
  }
  return "{\"topics\":\(topics.json),\"stores_judged\":\(obstacle == nil),\"obstacle\":"
    + (obstacle.map(quoted) ?? "null") + ",\"tasks\":[\(tasks.joined(separator: ","))]}"
}
