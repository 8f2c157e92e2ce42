// What the simulated engine runs: topics, and two processors between them. `pass` remembers nothing and sends
// on, `count` remembers and publishes.
//
//   in-a --> pass --> forwarded --+
//                                 +--> count --> counts, with two changelogs
//   in-b, control ----------------+
internal import Basics
internal import BrokerProtocol
internal import Runtime

/// The names and sizes that the engine, its surroundings and the oracle share.
struct Workload {
  static let inputs = ["in-a", "in-b"]
  static let control = "control"
  static let forwarded = "forwarded"
  static let counts = "counts"
  static let quarantine = "quarantine"
  /// Of the processor's two stores and, last, of what the engine keeps for it.
  static let changelogs = ["count.counts.changelog", "count.sums.changelog", "count.time.changelog"]
  /// How long no record of a key must have come for the key to count as idle.
  static let idleAfter_ms: Int64 = 700
  static let processors = ["pass", "count"]
  /// What the output topics take; values that say "huge" exceed it.
  static let recordBytesMax = 200

  let partitions: Int32

  static func epochs(of processor: String) -> String { "\(processor).epochs" }

  static func inputs(of processor: String) -> [String] {
    processor == "pass" ? [inputs[0]] : [control, inputs[1], forwarded]
  }

  var topics: [CreateTopicsRequest.Topic] {
    let names =
      Self.inputs + [Self.control, Self.forwarded, Self.counts] + Self.changelogs
      + Self.processors.map(Self.epochs)
    return names.map { .init(name: $0, partitionCount: partitions, replicationFactor: 1) } + [
      .init(name: Self.quarantine, partitionCount: 1, replicationFactor: 1)
    ]
  }

  var definitions: [ProcessorDefinition] { definitions(beginning: Self.sumsBegin) }

  /// What a sum begins with.
  static let sumsBegin: UInt64 = 7

  func definitions(beginning: UInt64) -> [ProcessorDefinition] {
    let output = ProcessorOutput(
      Self.forwarded, recordBytesMax: Self.recordBytesMax, isAnnounced: true)
    return [
      ProcessorDefinition(
        "pass", epochsTopic: Self.epochs(of: "pass"), quarantineTopic: Self.quarantine,
        inputs: [ProcessorInput(Self.inputs[0], .outside)], outputs: [output], codeHash: 11
      ) { PassOn(task: $0) },
      ProcessorDefinition(
        "count", epochsTopic: Self.epochs(of: "count"), quarantineTopic: Self.quarantine,
        inputs: [
          ProcessorInput(Self.control, .control), ProcessorInput(Self.inputs[1], .outside),
          ProcessorInput(
            Self.forwarded, writtenBy: [.init("pass", epochsTopic: Self.epochs(of: "pass"))]),
        ],
        outputs: [ProcessorOutput(Self.counts, recordBytesMax: Self.recordBytesMax)],
        changelogTopics: Array(Self.changelogs.dropLast()), timeTopic: Self.changelogs.last, codeHash: 12
      ) { CountAndSum(task: $0, beginning: beginning) },
    ]
  }
}

extension RawSpan {
  fileprivate var text: String { unsafe withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) } }
}

/// Sends every record on, marked with where it was read. "bad" is set aside, "away" counts as forwarded, and
/// what has grown too large for the topic is set aside by the engine.
struct PassOn: Processor {
  let task: PartitionID

  var stores: [any TaskStore] { [] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let key = record.key, let value = record.value else { return .setAside(.undecodable) }
    let text = value.text
    if text == "bad" { return .setAside(.invalid) }
    let bytes = Array("\(task)|\(record.offset)|\(text)".utf8)
    context.emit(0, key: key, value: unsafe bytes.span.bytes)
    let time = Array(String(context.time.rawValue).utf8)
    let name = Array("folded-at".utf8)
    context.header(unsafe name.span.bytes, unsafe time.span.bytes)
    return text == "away" ? .forwarded : .folded
  }
}

/// Counts records by key, which needs no order, and sums them up in a way in which order, recorded time and
/// the latest control record all show. "drop" forgets a key's sum. A key of which nothing comes for a while
/// is published as idle.
struct CountAndSum: Processor {
  let task: PartitionID
  /// So little memory that rows are written after nearly every epoch, and read again.
  private let counts = KeyValueStore<String, UInt64>("counts", memory: 2000)
  private let sums = KeyValueStore<String, UInt64>("sums")
  private let beginning: UInt64
  private var touched: [String] = []

  init(task: PartitionID, beginning: UInt64) {
    self.task = task
    self.beginning = beginning
  }

  var stores: [any TaskStore] { [counts, sums] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let key = record.key?.text, let value = record.value?.text else { return .setAside(.undecodable) }
    if record.input == 0 {
      sums["!unit"] = UInt64(value)
      return .folded
    }
    if value == "bad" { return .setAside(.invalid) }
    counts.update(key) { $0 = ($0 ?? 0) + 1 }
    if !touched.contains(key) { touched.append(key) }
    if value.hasSuffix("drop") {
      sums[key] = nil
      context.cancelTimer(TimerID(key))
      return .folded
    }
    context.setTimer(TimerID(key), at: context.time + .milliseconds(Workload.idleAfter_ms))
    let unit = sums["!unit"] ?? 1
    let step = unit &* UInt64(value.utf8.count) &+ UInt64(bitPattern: context.time.rawValue)
    sums.update(key) { $0 = ($0 ?? beginning) &* 31 &+ step }
    return .folded
  }

  mutating func onTimer(_ timer: Timer, in context: inout FoldContext) {
    let name = String(decoding: timer.id.bytes, as: UTF8.self)
    let value = Array("\(task)|idle|\(sums[name] ?? 0)".utf8)
    context.emit(0, key: unsafe timer.id.bytes.span.bytes, value: unsafe value.span.bytes)
  }

  mutating func closeEpoch(in context: inout FoldContext) {
    for name in touched {
      let key = Array(name.utf8)
      let value = Array("\(task)|\(counts[name] ?? 0)|\(sums[name] ?? 0)".utf8)
      context.emit(0, key: unsafe key.span.bytes, value: unsafe value.span.bytes)
    }
    touched = []
  }
}
