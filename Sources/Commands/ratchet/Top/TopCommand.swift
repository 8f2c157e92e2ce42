// ratchet top: how a running installation does, painted over and over on a terminal, as plain lines
// elsewhere.
import Basics
import Kafka
import POSIX
import Topology

extension Command {
  static let top = Command(
    name: "top", summary: "watch throughput, lag, tasks, alerts, rollouts, experiments and what is set aside",
    options: topicOptions + BrokerConnection.options(isRequired: true) + [
      Option(name: "data", value: "DIR", summary: "show the tasks of the instance with this data folder"),
      Option(name: "interval-seconds", value: "N", summary: "how often", fallback: "2"),
      Option(name: "once", summary: "show it once, when all has been read, and end"),
    ],
    notes: """
      Reads the projections and decisions as any client does; nothing is written and no group is joined.
      in is how many events a second have come in on all inputs since the last time.
      """,
    run: runTop)
}

private func runTop(_ arguments: Arguments) throws -> ExitStatus {
  let (topics, prefix) = try declaredTopics(arguments)
  guard let client = try BrokerConnection.configuration(arguments) else {
    throw UsageError("--bootstrap HOST:PORT is missing")
  }
  let interval = Duration.seconds(try arguments.integer("interval-seconds", in: 1...3600) ?? 2)
  let signals = try TerminationSignals()
  ignoreBrokenPipes()
  let view = try TopView(topics, prefix: prefix, client, data: arguments.text("data"))
  let poller = try Poller()
  try poller.add(signals.descriptor, key: 0, for: .reading)
  let paints = isTerminalOutput() && !arguments.flag("once")
  var isSignalled = false
  while !isSignalled {
    let deadline = ContinuousClock.now + interval
    try view.read(until: deadline, orEnd: arguments.flag("once"))
    // Home, then clear to the end: nothing flickers.
    print((paints ? "\u{1B}[H\u{1B}[J" : "") + view.text(at: systemTime()))
    flushStandardOutput()
    if arguments.flag("once") { break }
    try poller.wait(timeout: max(.zero, deadline - ContinuousClock.now)) { _ in isSignalled = true }
  }
  return .success
}

/// What is shown, and where it comes from.
private final class TopView {
  private let follower: TopicFollower
  private let admin: Admin
  private let inputs: [TopicPartition]
  private let data: String?
  private var state = LoopState()
  private var news: [String] = []
  private var ends: (count: Int64, at: ContinuousClock.Instant)?
  private var perSecond: Double?

  private static let newsMax = 8
  private static let tasksMax = 16

  init(
    _ topics: [TopicDeclaration], prefix: String, _ client: ClientConfiguration, data: String?
  ) throws(Diagnostic) {
    follower = try TopicFollower(LoopState.topics, prefix: prefix, client)
    self.data = data
    do throws(KafkaError) { admin = try Admin(client, timeout: .seconds(5)) } catch {
      throw brokerDiagnostic(error, "no client can be made", at: client["bootstrap.servers"] ?? "")
    }
    inputs = topics.filter { $0.kind == .input }.flatMap { topic in
      (0..<Int32(topic.partitions)).map {
        TopicPartition(topic: topic.fullName(prefix: prefix), partition: PartitionID($0))
      }
    }
  }

  func read(until deadline: ContinuousClock.Instant, orEnd endsEarly: Bool) throws(KafkaError) {
    repeat {
      var found: [String] = []
      try follower.turn(.milliseconds(100)) { record in
        if let line = state.take(record) { found.append("\(record.timestamp)  \(line)") }
      }
      news = (news + found).suffix(Self.newsMax)
      if endsEarly, follower.hasCaughtUp { break }
    } while ContinuousClock.now < deadline
    measure()
  }

  /// How fast the inputs grow, by their ends; markers of transactions are counted with them.
  private func measure() {
    let queries = Dictionary(uniqueKeysWithValues: inputs.map { ($0, OffsetQuery.latest) })
    guard let offsets = try? admin.offsets(queries) else { return }
    let (count, now) = (offsets.values.reduce(0) { $0 + $1.rawValue }, ContinuousClock.now)
    if let ends {
      let time = Double((now - ends.at).milliseconds) / 1000
      perSecond = time > 0 ? Double(count - ends.count) / time : nil
    }
    ends = (count, now)
  }

  func text(at now: Timestamp) -> String {
    var tasks: [JSONLeaves] = []
    var trouble: String?
    if let data {
      do throws(Diagnostic) { tasks = try Self.tasks(of: data) } catch { trouble = error.description }
    }
    var text = state.summary(TaskTotals(tasks), at: now)
    text += "  in          \(perSecond.map { fixed($0, 1) } ?? "-") events a second\n"
    if let trouble { text += "  \(trouble)\n" }
    if !tasks.isEmpty { text += "\n" + taskLines(tasks).joined(separator: "\n") + "\n" }
    if !news.isEmpty { text += "\n" + news.joined(separator: "\n") + "\n" }
    return text
  }

  /// The tasks of a running instance, each as it answers for itself.
  private static func tasks(of data: String) throws(Diagnostic) -> [JSONLeaves] {
    let answer = Array(try TaskDesk.ask(.listJSON, data: data).utf8)
    guard let leaves = unsafe JSONLeaves(answer.span.bytes) else { return [] }
    return leaves.objects(of: "workers").flatMap { $0.objects(of: "tasks") }
  }

  /// Those with most to do first.
  private func taskLines(_ tasks: [JSONLeaves]) -> [String] {
    let sorted = tasks.sorted {
      ($1.number("lag_records") ?? 0, $0["task"] ?? "") < ($0.number("lag_records") ?? 0, $1["task"] ?? "")
    }
    var rows = [["task", "state", "epoch", "lag"]]
    rows += sorted.prefix(Self.tasksMax).map { task in
      ["task", "state", "epoch", "lag_records"].map { task[$0] == "null" ? "-" : task[$0] ?? "-" }
    }
    var lines = columns(rows)
    if sorted.count > Self.tasksMax { lines.append("... and \(sorted.count - Self.tasksMax) more tasks") }
    return lines
  }
}

extension TaskTotals {
  fileprivate init(_ tasks: [JSONLeaves]) {
    all = tasks.count
    running = tasks.count { $0["state"] == "running" }
    epochs = tasks.reduce(0) { $0 + (Int64($1["epoch"] ?? "").map { $0 + 1 } ?? 0) }
    lag = tasks.reduce(0) { $0 + (Int64($1["lag_records"] ?? "") ?? 0) }
  }
}
