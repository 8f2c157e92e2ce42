// ratchet rebuild: processors folded anew from what their inputs retain, by the live engine, into topics of a
// shadow prefix. What is in force is not touched; it is replaced by running under the shadow prefix from then
// on (docs/decisions/0008).
import Basics
import Kafka
import POSIX
import Processors
import Replay
import Runtime
import Topology

extension Command {
  static let rebuild = Command(
    name: "rebuild", summary: "make state and projections anew, under a shadow prefix",
    options: [
      Option(name: "processor", value: "NAME", summary: "only this one, over what the others have written"),
      Option(
        name: "shadow", value: "NAME",
        summary: "what the rebuilt topics' names begin with, if not the prefix and -rebuild"),
      Option(
        name: "data", value: "DIR", summary: "the folder of the rebuilding instance's state",
        fallback: "ratchet-rebuild"),
      Option(name: "workers", value: "N", summary: "threads that share the tasks", fallback: "1"),
    ] + topicOptions + BrokerConnection.options(isRequired: true),
    notes: """
      It reads the inputs from the first record that is still there, no epoch log, and ends when it has read
      what there is. Nothing that is in force is written to. Ended before its time, it goes on where it
      stopped when it is started again with the same --shadow and --data. To put it in force, stop the
      instances that run, start ratchet up --prefix SHADOW --inputs PREFIX --data DIR, and point readers to
      the new topics.
      exit codes: 0 rebuilt, 1 failed, 2 ended before its time
      """,
    run: runRebuild)
}

private func runRebuild(_ arguments: Arguments) throws -> ExitStatus {
  let (topics, prefix) = try declaredTopics(arguments)
  let shadow = try shadowPrefix(arguments, of: prefix)
  let workers = try arguments.integer("workers", in: 1...64) ?? 1
  let one = arguments.text("processor") == nil ? nil : try processor(arguments)
  let real = shippedProcessors(prefix: prefix).filter { one == nil || $0.name == one?.name }
  let model = shippedProcessors(prefix: shadow).filter { one == nil || $0.name == one?.name }
  guard let client = try BrokerConnection.configuration(arguments) else {
    throw UsageError("--bootstrap HOST:PORT is missing")
  }
  let rebuilt = shadowed(real, by: model)
  let signals = try TerminationSignals()
  ignoreBrokenPipes()
  let folder = try DataFolder(engineFolder(in: arguments.text("data") ?? ""))
  let connection = try TopicBroker(client)
  let written = rebuilt.reduce(into: Set<String>()) { $0.formUnion($1.writtenTopics) }
  try applyTopics(
    topics.filter { written.contains($0.fullName(prefix: shadow)) }, prefix: shadow, to: connection
  ) { _ in }
  let reader = try KafkaPort(readingWith: client, partitions: 16)
  var stages: [Rebuild.Stage] = []
  for processor in rebuilt { stages.append(try stage(processor, reader)) }
  let engine = try Engine.start(
    rebuilt, workers: workers, client: client, group: one.map { "\(shadow).\($0.name)" } ?? shadow,
    folder: folder)
  let name = one?.name ?? "everything"
  print("rebuilding \(name) under \(shadow) on \(connection.address)")
  flushStandardOutput()
  let end = try Rebuild(engine: engine, stages: stages, signals: signals).run()
  engine.stop(within: .seconds(10))
  if case .stalled(let task, let reason) = end {
    throw Diagnostic("\(task) cannot go on", at: .named("\(shadow).\(task.processor)"), why: reason)
  }
  for (processor, stage) in zip(rebuilt, stages) {
    for number in 0..<Int32(stage.tasks) {
      print(try TaskSurvey(PartitionID(number), of: processor, reader).text)
    }
  }
  guard case .caughtUp = end else {
    print("\nended before its time; the same command goes on")
    return ExitStatus(code: 2)
  }
  let outputs = rebuilt.flatMap(\.outputs).map(\.topic).joined(separator: ", ")
  print(
    """

    \(name) is rebuilt as far as its inputs went: \(outputs)
    What is in force was not touched. Started again, the same command takes in what has come since.
    """)
  return .success
}

/// How many tasks a processor has, once it is known that they can be rebuilt.
private func stage(_ rebuilt: ProcessorDefinition, _ reader: KafkaPort) throws -> Rebuild.Stage {
  let tasks = try partitionCount(of: rebuilt.epochsTopic, reader)
  for input in rebuilt.inputs where input.kind != .control {
    guard try partitionCount(of: input.topic, reader) != tasks else { continue }
    throw Diagnostic(
      "\(input.topic) has other partitions than the declared topics", at: .named(rebuilt.epochsTopic),
      why: "task p reads partition p of every input", next: "ratchet topics plan shows which topics differ")
  }
  try refuseOtherCode(rebuilt, tasks, reader)
  return Rebuild.Stage(processor: rebuilt.name, tasks: Int(tasks))
}

private func shadowPrefix(_ arguments: Arguments, of prefix: String) throws(UsageError) -> String {
  let shadow = arguments.text("shadow") ?? "\(prefix)-rebuild"
  if let fault = faultOfTopicName(shadow) {
    throw UsageError("invalid prefix \"\(shadow)\"", at: "--shadow", why: fault)
  }
  guard shadow != prefix, !shadow.hasPrefix("\(prefix).") else {
    throw UsageError(
      "\"\(shadow)\" is where what is in force stands", at: "--shadow",
      next: "choose a name that does not begin with \"\(prefix).\"")
  }
  return shadow
}

private func partitionCount(of topic: String, _ port: KafkaPort) throws -> Int32 {
  do throws(ClientFailure) { return try port.partitionCount(of: topic) } catch {
    throw Diagnostic("the topic cannot be read", at: .named(topic), why: error.reason)
  }
}

/// State that other code has begun must not be gone on with: it would be neither's.
private func refuseOtherCode(_ rebuilt: ProcessorDefinition, _ tasks: Int32, _ port: KafkaPort) throws {
  for number in 0..<tasks {
    let survey = try TaskSurvey(PartitionID(number), of: rebuilt, port)
    guard survey.stretches.contains(where: { $0.codeHash != rebuilt.codeHash }) else { continue }
    throw Diagnostic(
      "\(survey.task) was begun by other code", at: .named(rebuilt.epochsTopic),
      why: "a rebuild is one build's work from its first epoch on",
      next: "choose another --shadow and --data; the topics of this one can be deleted")
  }
}

/// Waits for a rebuild's end.
private struct Rebuild {
  struct Stage {
    var processor: String
    var tasks: Int
  }

  let engine: Engine
  /// In the order in which records pass through them.
  let stages: [Stage]
  let signals: TerminationSignals

  enum End {
    case caughtUp, interrupted
    case stalled(TaskID, String)
  }

  private static let interval = Duration.milliseconds(200)

  func run() throws -> End {
    let poller = try Poller()
    try poller.add(signals.descriptor, key: 0, for: .reading)
    var caughtUp: Set<TaskID> = []
    var progress = Progress()
    let tasks = stages.reduce(0) { $0 + $1.tasks }
    while caughtUp.count < tasks {
      var isSignalled = false
      try poller.wait(timeout: Self.interval) { _ in isSignalled = true }
      if isSignalled { return .interrupted }
      let status = engine.status
      for worker in status {
        if case .failed(let reason) = worker.state { throw Diagnostic("a worker cannot run", why: reason) }
        if case .fenced(let reason) = worker.state { throw Diagnostic("a worker was fenced", why: reason) }
      }
      for task in status.flatMap(\.tasks) {
        if case .stalled(let reason) = task.state { return .stalled(task.task, reason) }
        guard task.state == .running, task.lagRecords == 0 else { continue }
        if stages(before: task.task.processor, haveCaughtUp: caughtUp) { caughtUp.insert(task.task) }
      }
      let lag = status.flatMap(\.tasks).reduce(0) { $0 + ($1.lagRecords ?? 0) }
      progress.tell("\(caughtUp.count) of \(tasks) tasks have caught up, \(lag) offsets to go")
    }
    return .caughtUp
  }

  /// What a task reads may still grow while one in front of it has something to read.
  private func stages(before processor: String, haveCaughtUp caughtUp: Set<TaskID>) -> Bool {
    stages.prefix { $0.processor != processor }.allSatisfy { stage in
      caughtUp.count { $0.processor == stage.processor } == stage.tasks
    }
  }
}
