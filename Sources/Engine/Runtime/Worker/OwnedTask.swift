// One task in its worker's hands: its place in its inputs, its processor's memory, and the epoch that waits
// for its commit. `OwnedTask+TakeOver.swift` is how it gets going, `OwnedTask+Epoch.swift` what it does then.
internal import Basics

/// A task and all that the worker keeps of it. Used on the worker's thread.
final class OwnedTask {
  let id: TaskID
  let definition: ProcessorDefinition
  let epochs: TopicPartition
  let changelogs: [TopicPartition]

  var phase = TaskPhase.parked
  var takeOver = TakeOver()
  var restore: Restore?
  /// What `fold` remembers, apart from `sealed`: everything up to this epoch. nil: nothing is known of it.
  var memory: Memory?
  /// Folded and not yet known to be committed; `fold` already remembers it.
  var sealed: EpochBuffer?
  var fold: TaskFold
  let disk: StateWriter?
  /// Control inputs are read through it: other processors' tasks read the same partitions.
  let shared: SharedReadings
  /// The stores' rows on disk.
  var state: TaskState?
  var clusterID = ""
  /// Up to where each changelog is known to be in the stores.
  var changelogNext: [Offset] = []
  /// In the processor's order; empty until the task has once been running.
  var inputs: [InputCursor] = []
  var isReading = false
  /// The clocks of the tasks in front of it, as of what has been gathered; none until it is running.
  var upstream = UpstreamClocks()
  /// When the last epoch was sealed, and with it announced.
  var announcedAt: Duration?
  var epoch = Epoch(0)
  var lastCommit: Timestamp?
  /// Its disk has failed under it: whatever it remembers, it must begin again.
  var mustBegin = false
  /// For how many epochs yet its records are folded carefully: one of them makes a value too large.
  var carefulEpochs = 0
  /// When to try again after Kafka asked for patience.
  var retryAt = Duration.zero

  /// What a task's stores hold: everything up to the epoch `last`, or, with none, nothing.
  struct Memory: Equatable {
    var last: LoggedEpoch?
  }

  init(
    _ partition: PartitionID, of definition: ProcessorDefinition, _ shared: SharedReadings,
    _ disk: StateWriter? = nil
  ) {
    self.shared = shared
    self.disk = disk
    self.definition = definition
    id = TaskID(processor: definition.name, partition: partition)
    epochs = TopicPartition(topic: definition.epochsTopic, partition: partition)
    changelogs = definition.allChangelogTopics.map { TopicPartition(topic: $0, partition: partition) }
    fold = TaskFold(partition, of: definition)
  }

  /// The next of the group's events concerns it.
  func assign() {
    if phase == .parked { beginTakeOver() }
  }

  /// The task is another's, or nobody's: reading ends, memory is kept in case it comes back.
  func park(_ port: any ClientPort) {
    stopReading(port)
    phase.become(.parked)
  }

  func stall(_ reason: String, _ port: any ClientPort) {
    stopReading(port)
    phase.become(.stalled(reason))
  }

  /// Begins again from the log, after the disk has failed.
  func beginAgain(_ port: any ClientPort) {
    stopReading(port)
    (memory, sealed, state, mustBegin) = (nil, nil, nil, false)
    if phase == .takingOver { takeOver = TakeOver() } else { beginTakeOver() }
  }

  /// Also after a start that failed half-way: some of the inputs may be read by then.
  func stopReading(_ port: any ClientPort) {
    if phase == .takingOver { port.stopReading(epochs) }
    for partition in restore?.partitions ?? [] { port.stopReading(partition) }
    restore = nil
    for index in inputs.indices {
      let partition = inputs[index].partition
      if inputs[index].kind == .control {
        shared.stop(partition, for: id)
      } else {
        port.stopReading(partition)
      }
      inputs[index].dropGathered()
    }
    isReading = false
  }
}
