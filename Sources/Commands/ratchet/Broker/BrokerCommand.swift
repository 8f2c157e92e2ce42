// ratchet broker: the embedded broker as a process of its own, until a signal or its disk ends it.
import Basics
import BrokerCore
import BrokerServer
import POSIX

extension Command {
  static let broker = Command(
    name: "broker", summary: "serve topics to Kafka clients from this machine's disk",
    options: brokerOptions(dataFallback: nil) + [
      Option(
        name: "users", value: "FILE",
        summary: "who may sign on, and to which topics; ratchet broker user prints its lines")
    ],
    notes: "Ends with 0 after SIGTERM or SIGINT, when everything is on disk, and with 1 when the disk fails.",
    run: runBroker)
}

func brokerOptions(dataFallback: String?) -> [Option] {
  [
    Option(
      name: "data", value: "DIR", summary: "the folder that holds everything", fallback: dataFallback,
      isRequired: dataFallback == nil),
    Option(
      name: "listen", value: "HOST:PORT", summary: "where clients connect; port 0 takes a free one",
      fallback: "127.0.0.1:9092"),
    Option(
      name: "advertise", value: "HOST:PORT",
      summary: "what clients are told to connect to, if not what is listened on"),
    Option(
      name: "durability", value: "fsync|os",
      summary: "whether acknowledged records survive a loss of power or only the end of the process",
      fallback: "fsync"),
    Option(
      name: "auto-create-topics", value: "true|false", summary: "whether asking for a topic makes it",
      fallback: "true"),
    Option(
      name: "default-partitions", value: "N", summary: "of topics made without saying how many",
      fallback: "1"),
    Option(
      name: "insecure", summary: "listen beyond this machine though nobody has to sign on"),
    Option(
      name: "max-connections", value: "N", summary: "how many clients may be connected at once",
      fallback: "4096"),
    Option(
      name: "max-request-bytes", value: "N", summary: "the largest request", fallback: "104857600"),
    Option(
      name: "idle-seconds", value: "N", summary: "after how long a silent connection is closed",
      fallback: "600"),
    Option(
      name: "upkeep-seconds", value: "N", summary: "how often retention and compaction are seen to",
      fallback: "60"),
    Option(
      name: "log-format", value: "text|json", summary: "of the lines on standard error", fallback: "text"),
  ]
}

/// Of a hundred thousand users.
private let usersFile_bytes_max = 16 << 20

private func runBroker(_ arguments: Arguments) throws -> ExitStatus {
  let users = try arguments.text("users").map { file in
    try Users(reading: readText(file, limit: usersFile_bytes_max), file: file)
  }
  let log = try logger(arguments, service: "broker")
  // Before any thread starts, so that none of them is interrupted.
  let signals = try TerminationSignals()
  let broker = try startBroker(arguments, data: arguments.text("data") ?? "", users: users, log)
  let poller = try Poller()
  try poller.add(signals.descriptor, key: 0, for: .reading)
  try poller.add(broker.ended, key: 1, for: .reading)
  var hasNews = false
  while !hasNews { try poller.wait(timeout: nil) { _ in hasNews = true } }
  if let signal = signals.take() {
    log.info("broker_stopping", "\(signal) received")
  }
  return stopBroker(broker, log)
}

/// Starts a broker as the options say, in the folder `data`.
func startBroker(
  _ arguments: Arguments, data: String, users: Users? = nil, _ log: Logger
) throws -> EmbeddedBroker {
  var settings = try brokerSettings(arguments, data: data, descriptors: raiseDescriptorLimit())
  settings.server.users = users
  try checkExposure(of: settings.server, insecure: arguments.flag("insecure"))
  let broker = try EmbeddedBroker.start(settings, log: log)
  log.info(
    "broker_started", "listening on \(broker.endpoint)",
    data: [
      "port": .integer(Int64(broker.endpoint.port)),
      "durability": .text(arguments.text("durability") ?? ""),
      "frames_replayed": .integer(Int64(broker.recovery.framesReplayed)),
      "bytes_cut": .integer(Int64(broker.recovery.bytesCut)),
    ])
  return broker
}

/// Ends the broker, and says how that went.
func stopBroker(_ broker: EmbeddedBroker, _ log: Logger) -> ExitStatus {
  do {
    try broker.stop()
  } catch {
    log.error("broker_failed", "stopped without acknowledging anything more", error: error.description)
    return .failure
  }
  log.info("broker_stopped", "everything is on disk")
  return .success
}

/// The log that `--log-format` asks for.
func logger(_ arguments: Arguments, service: String) throws(UsageError) -> Logger {
  Logger(
    service: service, version: ratchetVersion,
    format: try arguments.choice("log-format", Logger.Format.self))
}

/// Whoever reaches the port reads and writes everything, unless users have to sign on.
private func checkExposure(of server: ServerSettings, insecure: Bool) throws(UsageError) {
  guard server.users == nil, !insecure, !server.listen.isLoopback else { return }
  throw UsageError(
    "\(server.listen) is reached from other machines, and nobody has to sign on", at: "--listen",
    next: "name users by --users FILE, or say --insecure if the network keeps strangers out")
}

private func brokerSettings(
  _ arguments: Arguments, data: String, descriptors: Int
) throws -> EmbeddedBrokerSettings {
  var settings = EmbeddedBrokerSettings(
    disk: try dataFolder(data), broker: BrokerSettings(seed: .random(in: 0 ... .max)))
  settings.server.listen = try arguments.endpoint("listen") ?? settings.server.listen
  settings.server.advertised = try arguments.endpoint("advertise")
  // Half of them are left to segments.
  let connections = try arguments.integer("max-connections", in: 1...1_000_000)
  settings.server.connections_max = min(
    connections ?? settings.server.connections_max, max(16, descriptors / 2))
  settings.server.request_bytes_max =
    try arguments.integer("max-request-bytes", in: 1024...Int(Int32.max))
    ?? settings.server.request_bytes_max
  settings.server.idleTimeout = .seconds(try arguments.integer("idle-seconds", in: 1...86_400) ?? 600)
  settings.store.durability = try arguments.choice("durability", LogStoreSettings.Durability.self)
  settings.broker.createsTopics = try arguments.choice("auto-create-topics", YesOrNo.self) == .true
  let partitions = try arguments.integer("default-partitions", in: 1...Int(settings.broker.partitions_max))
  settings.broker.partitionsStandard = Int32(partitions ?? 1)
  settings.broker.upkeepInterval = .seconds(try arguments.integer("upkeep-seconds", in: 1...86_400) ?? 60)
  return settings
}

/// The folder as the store's disk, locked for this process.
func dataFolder(_ path: String, create: Bool = true) throws(Diagnostic) -> PosixDisk {
  do { return try PosixDisk(folder: path, create: create) } catch { throw error.diagnostic }
}

private enum YesOrNo: String, CaseIterable { case `true`, `false` }

extension Arguments {
  /// The value as one of a fixed set of words.
  fileprivate func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, _: Choice.Type
  ) throws(UsageError) -> Choice where Choice.RawValue == String {
    let text = text(name) ?? ""
    guard let choice = Choice(rawValue: text) else {
      let words = Choice.allCases.map(\.rawValue)
      throw UsageError(
        "\"\(text)\" is not one of \(words.joined(separator: ", "))", at: "--\(name)",
        next: didYouMean(text, among: words))
    }
    return choice
  }

  fileprivate func endpoint(_ name: String) throws(UsageError) -> Endpoint? {
    guard let text = text(name) else { return nil }
    guard let endpoint = Endpoint(text) else {
      throw UsageError(
        "\"\(text)\" is not HOST:PORT", at: "--\(name)", next: "for example 127.0.0.1:9092")
    }
    return endpoint
  }
}
