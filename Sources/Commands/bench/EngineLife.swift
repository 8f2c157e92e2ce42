// One life of a worker, turned on the measuring thread as the engine's own thread would turn it.
import Basics
import Kafka
import Runtime
import Store

/// A worker with rows in `folder`. Dropped without a word, it is as gone as a killed process: rows that were
/// not handed over to the writer are lost.
final class EngineLife {
  let port: MeasuredPort
  private let worker: Worker
  private let disk: StateWriter
  private let inputs: [TopicPartition]
  private let taskCount: Int
  private let start = ContinuousClock.now

  convenience init(_ world: EngineWorld, _ processor: ProcessorDefinition, folder: String) throws {
    try self.init(world.client, world.name, [processor], inputs: world.inputs, folder: folder)
  }

  /// `inputs` are those whose end is the end of the work.
  init(
    _ client: ClientConfiguration, _ name: String, _ processors: [ProcessorDefinition],
    inputs: [TopicPartition], folder: String
  ) throws {
    self.inputs = inputs
    taskCount = processors.count * Int(EngineWorld.partitions)
    disk = try StateWriter(try Database(at: folder))
    let settings = KafkaPortSettings(client: client, group: name, instance: "\(name)-0")
    port = MeasuredPort(
      try KafkaPort(settings, epochsTopics: processors.map(\.epochsTopic), partitions: taskCount))
    worker = Worker(0, processors, EngineSettings(), port, disk: disk)
  }

  deinit { disk.shutdown() }

  private func turn() {
    let now = Moment(wallClock: systemTime(), uptime: ContinuousClock.now - start)
    switch worker.turn(now) {
    case .none, .forEver: break
    case .upTo(let duration): port.wait(duration)
    }
  }

  /// Turns until the condition holds.
  func turn(within limit: Duration = .seconds(600), until condition: () -> Bool) throws {
    let deadline = ContinuousClock.now + limit
    while !condition() {
      turn()
      guard ContinuousClock.now < deadline else { throw BenchFailure("not within \(limit): \(status)") }
    }
  }

  private var status: WorkerStatus {
    worker.status(Moment(wallClock: systemTime(), uptime: ContinuousClock.now - start))
  }

  /// True when no task is between owners or waits for its place in the log.
  var knowsItsState: Bool {
    let tasks = status.tasks
    return tasks.count == taskCount && !tasks.contains { $0.state == .rebalancing }
  }

  /// Nothing that was folded waits for its commit.
  var isIdle: Bool { !port.isInTransaction }

  var isRunning: Bool {
    let tasks = status.tasks
    return tasks.count == taskCount && tasks.allSatisfy { $0.state == .running }
  }

  /// Records of the input, without gaps, that are committed.
  var committed: Int {
    inputs.reduce(0) { $0 + Int(port.committed[$1]?.rawValue ?? 0) }
  }
}
