// What a processor is to the engine: named inputs, outputs and stores around a fold. The engine knows nothing
// of what the records mean.
public import Basics

/// Folds records into its stores and emits records. A value of it belongs to one task and is used on that
/// task's thread.
///
/// A fold sees its state, the record and its context, nothing else: no clock, no randomness without a
/// recorded seed, no order that differs from run to run. Then a replay gives the same bytes.
public protocol Processor: SendableMetatype {
  /// What it remembers, in an order that does not change.
  var stores: [any TaskStore] { get }

  /// Folds one record.
  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict

  /// A timer that a fold has set is due: called before the first record that recorded time would pass it
  /// with, and without any record when none comes.
  mutating func onTimer(_ timer: Timer, in context: inout FoldContext)

  /// Called behind an epoch's last record, and before recorded time passes a multiple of ten seconds: the
  /// place for outputs that follow from all records since the last call. So they are stamped within ten
  /// seconds of what they follow from, live and in a backlog alike.
  mutating func closeEpoch(in context: inout FoldContext)
}

extension Processor {
  public mutating func onTimer(_ timer: Timer, in context: inout FoldContext) {}
  public mutating func closeEpoch(in context: inout FoldContext) {}
}

/// A topic that a processor reads, partition p for task p.
public struct ProcessorInput: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// Written from outside: its records' timestamps are their producers'.
    case outside
    /// Written by tasks: its records' timestamps are recorded times.
    case tasks
    /// Settings: first in their epoch, and no mover of time.
    case control
  }

  /// A processor whose tasks write the topic and announce their time on it.
  public struct Upstream: Hashable, Sendable {
    public var processor: String
    /// It has as many tasks as this has partitions.
    public var epochsTopic: String

    public init(_ processor: String, epochsTopic: String) {
      self.processor = processor
      self.epochsTopic = epochsTopic
    }
  }

  public var topic: String
  public var kind: Kind
  /// Time waits for all tasks of these; without any, nobody's announcements hold it back.
  public var upstream: [Upstream] = []

  public init(_ topic: String, _ kind: Kind) {
    self.topic = topic
    self.kind = kind
  }

  /// A topic that tasks write: each of them in its outputs, as announced.
  public init(_ topic: String, writtenBy upstream: [Upstream]) {
    self.init(topic, .tasks)
    self.upstream = upstream
  }
}

/// A topic that a processor writes.
public struct ProcessorOutput: Hashable, Sendable {
  public var topic: String
  /// Of key and value together; below the topic's `max.message.bytes` by what headers and a batch's framing
  /// take.
  public var recordBytesMax: Int
  /// Tasks read it: on each of its partitions every epoch announces how far it has come.
  public var isAnnounced: Bool

  public init(_ topic: String, recordBytesMax: Int = 1_000_000, isAnnounced: Bool = false) {
    self.topic = topic
    self.recordBytesMax = recordBytesMax
    self.isAnnounced = isAnnounced
  }
}

/// A processor as the engine is given it.
public struct ProcessorDefinition: Sendable {
  public var name: String
  public var epochsTopic: String
  public var quarantineTopic: String
  /// A fold's `record.input` counts in this order.
  public var inputs: [ProcessorInput]
  /// `FoldContext.emit` counts in this order.
  public var outputs: [ProcessorOutput]
  /// The changelog of each store, in the order of `Processor.stores`.
  public var changelogTopics: [String]
  /// Records from outside that another task owns go through this topic, if there is one: the last of the
  /// inputs and the last of the outputs.
  public let rekeyTopic: String?
  /// The changelog of what the engine keeps for the processor: timers, and what upstream tasks have
  /// announced. A processor that has neither needs none.
  public let timeTopic: String?
  /// Of the code and the configuration; a replay by other code is told apart by it.
  public var codeHash: UInt64
  @usableFromInline let makeBody: @Sendable (PartitionID) -> any TaskBody

  @inlinable public init<P: Processor>(
    _ name: String, epochsTopic: String, quarantineTopic: String, inputs: [ProcessorInput],
    outputs: [ProcessorOutput] = [], changelogTopics: [String] = [], timeTopic: String? = nil,
    rekey: ProcessorOutput? = nil, codeHash: UInt64,
    make: @escaping @Sendable (PartitionID) -> P
  ) {
    precondition(!inputs.isEmpty, "a processor without inputs")
    precondition(
      timeTopic != nil || inputs.allSatisfy(\.upstream.isEmpty),
      "a processor with upstream tasks and without a time topic")
    self.name = name
    self.epochsTopic = epochsTopic
    self.quarantineTopic = quarantineTopic
    rekeyTopic = rekey?.topic
    self.inputs = inputs + (rekey.map { [ProcessorInput($0.topic, .outside)] } ?? [])
    self.outputs = outputs + (rekey.map { [$0] } ?? [])
    self.changelogTopics = changelogTopics
    self.timeTopic = timeTopic
    self.codeHash = codeHash
    makeBody = { ProcessorTask(make($0), keepsTime: timeTopic != nil) }
  }

  /// In the order of the task's stores, the engine's own last.
  public var allChangelogTopics: [String] { changelogTopics + (timeTopic.map { [$0] } ?? []) }
}
