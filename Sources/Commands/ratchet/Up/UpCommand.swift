// ratchet up: everything in one process. The embedded broker or somebody else's, the declared topics, and the
// engine with every processor, until a signal.
import Basics
import BrokerServer
import Gateway
import HTTP
import Kafka
import POSIX
import Processors
import Replay
import Runtime
import Topology

extension Command {
  static let up = Command(
    name: "up", summary: "fold events: the embedded broker or yours, its topics, and the engine",
    options: [configOption]
      + withVariables(
        brokerOptions(dataFallback: "ratchet-data") + topicOptions
          + BrokerConnection.options(isRequired: false) + engineOptions + storyOptions(history: "24h")),
    notes: """
      Without --bootstrap it starts a broker of its own, in the folder broker of --data. The folder engine of
      --data holds the state of this instance and its seat in the group: give each instance one of its own,
      and start it there again to go on at once.
      Where no configuration is in force, the folder of --topology is put in force; one that is stays.
      The file of --config has an option's name and value a line, as `workers: 2`. The command line wins over
      the environment, that over the file.
      Ends with 0 after SIGTERM or SIGINT, when what was open is committed; a second signal ends it at once.
      """
  ) { given in
    let arguments = try given.withSettingsFile()
    do { return try runUp(arguments) } catch let error as UsageError { throw arguments.placing(error) }
  }
}

private let engineOptions = [
  Option(
    name: "inputs", value: "PREFIX",
    summary: "the prefix of the topics that others publish to, if not --prefix: after a rebuild"),
  Option(name: "workers", value: "N", summary: "threads that share this instance's tasks", fallback: "1"),
  Option(
    name: "session-seconds", value: "N",
    summary: "after how long without a word an instance's tasks go to others", fallback: "10"),
  Option(
    name: "flags", value: "FILE",
    summary: "carry decisions about deployments out into this flag file, as ratchet executor does"),
  Option(
    name: "http", value: "HOST:PORT",
    summary: "where metrics and health are served, or off; 127.0.0.1:9464 unless said and if it is free"),
  Option(name: "alertmanager", value: "URL", summary: "keep this Alertmanager informed of alerts"),
  Option(name: "webhook", value: "URL", summary: "keep this webhook informed of alerts instead"),
  Option(name: "watch", summary: "print what happens, and how the loop stands when it has changed"),
  Option(name: "story", summary: "publish a made-up story: its history first, then live"),
]

private func runUp(_ arguments: Arguments) throws -> ExitStatus {
  // Before anything starts: a fault in the files is told without a broker having touched the disk.
  let (declared, prefix) = try declaredTopics(arguments)
  let inputs = try inputsPrefix(arguments) ?? prefix
  let topics = ownTopics(declared, prefix: prefix, inputs: inputs)
  let board = MetricsBoard()
  let processors = processors(prefix: prefix, inputs: inputs, board)
  let log = try logger(arguments, service: "ratchet")
  let receiver = try Receiver.chosen(arguments)
  let sessionTimeout = Duration.seconds(try arguments.integer("session-seconds", in: 1...1800) ?? 10)
  let workers = try arguments.integer("workers", in: 1...64) ?? 1
  // Before any thread starts, so that none of them is interrupted.
  let signals = try TerminationSignals()
  ignoreBrokenPipes()
  let watch = try StartWatch(signals)
  let data = arguments.text("data") ?? ""
  let remote = try BrokerConnection.configuration(arguments)
  let folder = try DataFolder(engineFolder(in: data))
  let broker = remote == nil ? try startBroker(arguments, data: "\(data)/broker", log) : nil
  let engine: Engine
  let executor: ExecutorThread?
  var show: Show
  let client = remote ?? ["bootstrap.servers": broker?.endpoint.description ?? ""]
  do {
    let connection = try TopicBroker(client)
    try refuseMissingInputs(of: declared, prefix: prefix, inputs: inputs, connection)
    try refuseLostChangelogs(of: processors, prefix: prefix, folder, connection, client)
    let plan = try applyTopics(topics, prefix: prefix, to: connection) { _ in }
    log.info(
      "topics_applied", "\(topics.count) topics are as declared",
      data: [
        "created": .integer(Int64(plan.creations.count)), "changed": .integer(Int64(plan.changes.count)),
      ])
    let configured = try applyShippedConfiguration(arguments.text("topology") ?? "", prefix: inputs, client)
    log.log(configured)
    let hints = welcome(connection.address, prefix: prefix, inputs: inputs, data: data, isOwn: broker != nil)
    print(hints)
    if arguments.flag("story") {
      print("  Made up by --story: a history of agents at work, then live events.\n")
    }
    flushStandardOutput()
    show = try Show(arguments, client, prefix: prefix, inputs: inputs, instance: folder.instanceID)
    executor = try arguments.text("flags").map {
      try ExecutorThread(flags: $0, folder: "\(data)/executor", client, prefix: prefix, inputs: inputs, log)
    }
    engine = try Engine.start(
      processors, workers: workers, client: client, group: prefix, folder: folder,
      sessionTimeout: sessionTimeout)
    if let notice = engine.notice { log.warning("state_damaged", notice.description) }
  } catch {
    try broker?.stop()
    throw error
  }
  let gateway: HTTPServer?
  do {
    gateway = try startGateway(arguments, GatewaySources(status: { engine.status }, board: board), log)
  } catch {
    engine.stop(within: .seconds(1))
    try broker?.stop()
    throw error
  }
  defer { gateway?.stop() }
  let notifier = try startNotifier(receiver, engine, client, prefix: prefix, log)
  defer { notifier?.end() }
  watch.end()
  defer { executor?.end() }
  let supervisor = Supervisor(
    engine: engine, broker: broker, folder: folder.path, signals: signals, log: log)
  return try supervisor.run { show.turn(engine.status, log) }
}

private func startNotifier(
  _ receiver: Receiver?, _ engine: Engine, _ client: ClientConfiguration, prefix: String,
  _ log: Logger
) throws -> Notifier? {
  try receiver.map {
    try Notifier(
      Notifier.Settings(client: client, prefix: prefix, receiver: $0), owned: { runningMetrics(engine) }, log)
  }
}

/// The tasks of `metrics` that run here, and how far what each has committed goes.
private func runningMetrics(_ engine: Engine) -> [PartitionID: Timestamp] {
  let running = engine.status.flatMap(\.tasks).filter {
    $0.task.processor == "metrics" && $0.state == .running
  }
  return Dictionary(
    running.map { task in
      (task.task.partition, Timestamp(milliseconds: max(0, task.watermark?.rawValue ?? 0)))
    }, uniquingKeysWith: max)
}

private let httpDefault = "127.0.0.1:9464"

/// nil when --http is off, or when nobody asked for it and the usual port is another instance's.
private func startGateway(
  _ arguments: Arguments, _ sources: GatewaySources, _ log: Logger
) throws -> HTTPServer? {
  let asked = arguments.text("http")
  guard asked != "off" else { return nil }
  let text = asked ?? httpDefault
  guard let address = HTTPAddress("http://\(text)"), text.contains(":") else {
    throw UsageError("\"\(text)\" is no HOST:PORT, and not off", at: "--http")
  }
  do throws(Diagnostic) {
    let server = try Gateway.start(host: address.host, port: address.port, sources)
    log.info(
      "http_started", "metrics on http://\(address.host):\(server.port)/metrics, health on /healthz, /readyz")
    return server
  } catch {
    if asked != nil { throw error }
    log.warning(
      "http_off", "no metrics are served: \(httpDefault) is taken; --http HOST:PORT chooses another")
    return nil
  }
}

private func welcome(
  _ address: String, prefix: String, inputs: String, data: String, isOwn: Bool
) -> String {
  let place = isOwn ? "a Kafka broker on \(address), everything it holds in \(data)" : "folding on \(address)"
  return """

    Ratchet is up: \(place).

      publish   echo '{"feedback_type":"rating","rating":5,"execution_id":"run-1"}' | \\
                kcat -P -b \(address) -t \(inputs).feedback -k run-1 -X topic.partitioner=murmur2_random \\
                  -H ce_specversion=1.0 -H ce_id=$RANDOM -H ce_source=/me -H ce_type=feedback.given \\
                  -H ce_time=$(date -u +%FT%TZ) -H ce_organization=acme -H ce_agent=mine
      read      kcat -C -b \(address) -t \(prefix).agent-scorecards -X isolation.level=read_committed -e
      tasks     ratchet tasks list --data \(data)
      set aside ratchet quarantine list --bootstrap \(address)
      topics    ratchet topics describe --bootstrap \(address)
      stop      Ctrl-C; start again with --data \(data) to go on

    """
}
