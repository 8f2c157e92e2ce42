// `collect` and `review` as one task each, without a broker: events in structured form go in, in whatever
// order a test chooses, and the tables that readers of the projections would have come out.
import Basics
import Foundation
import Testing

@testable import Processors
@testable import Runtime

/// An event and the topic that it is published on.
struct PublishedEvent {
  var topic: String
  var event: [UInt8]

  init(_ topic: String, _ event: [UInt8]) { (self.topic, self.event) = (topic, event) }

  /// An event of the test's own. `second` is when it happened.
  init(
    _ topic: String, _ type: String, id: String, second: Int = 0, organization: String = "acme",
    agent: String = "triage", _ data: String
  ) {
    let time = Timestamp(milliseconds: LearningWorld.start + Int64(second) * 1000)
    self.init(
      topic,
      Array(
        """
        {"specversion":"1.0","id":"\(id)","source":"/test","type":"\(type)","time":"\(time)",\
        "organization":"\(organization)","agent":"\(agent)","data":\(data)}
        """.utf8))
  }

  /// A line of a judge's: the topic and the event.
  init(line: Substring) throws {
    let parts = try #require(
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [Any], "a line of two parts")
    let event = try JSONSerialization.data(withJSONObject: parts[1], options: .sortedKeys)
    self.init(try #require(parts[0] as? String), [UInt8](event))
  }
}

/// Both tasks and what they have published.
struct LearningWorld {
  static let start: Int64 = 1_769_850_000_000

  /// By topic without prefix, then by key: the JSON of the last record.
  private(set) var tables: [String: [String: String]] = [:]
  private(set) var quarantine: [(key: String, value: String?, headers: [String: String])] = []
  /// Read and set aside, of both tasks' inputs.
  private(set) var ledger = Ledger()
  private var tasks: [Task]
  private var now = Self.start

  private struct Task {
    let definition: ProcessorDefinition
    var fold: TaskFold
    var waiting: [RecordBatch]
    var next: [Int64]
    var epoch = Epoch(0)

    init(_ definition: ProcessorDefinition) {
      self.definition = definition
      fold = TaskFold(PartitionID(0), of: definition)
      for output in definition.outputs { fold.partitionCounts[output.topic] = 1 }
      waiting = definition.inputs.map { _ in RecordBatch() }
      next = definition.inputs.map { _ in 0 }
    }

    mutating func add(
      _ input: Int, _ key: RawSpan?, _ value: RawSpan?, isStructured: Bool, at now: Int64
    ) {
      waiting[input].append(Offset(next[input]), at: Timestamp(milliseconds: now), key: key, value: value)
      next[input] += 1
      guard isStructured else { return }
      let (name, type) = (Array("content-type".utf8), Array("application/cloudevents+json".utf8))
      waiting[input].appendHeader(unsafe name.span.bytes, unsafe type.span.bytes)
    }

    mutating func close(at now: Int64) -> EpochBuffer {
      let inputs = definition.inputs.indices.map { input in
        EpochRecord.Input(
          TopicPartition(topic: definition.inputs[input].topic, partition: PartitionID(0)),
          first: Offset(next[input] - Int64(waiting[input].count)), next: Offset(next[input]))
      }
      let batches = waiting
      waiting = definition.inputs.map { _ in RecordBatch() }
      defer { epoch = epoch.next }
      return fold.fold(
        ClosedEpoch(
          epoch, inputs, batches, batches.map { 0..<$0.count }, end: Timestamp(milliseconds: now),
          watermark: EventTime(milliseconds: now - 5000)))
    }
  }

  init() { tasks = [Task(.collect(prefix: "r")), Task(.review(prefix: "r"))] }

  /// Publishes events, the first first; they are folded with the next epoch.
  mutating func publish(_ events: some Sequence<PublishedEvent>) {
    for event in events {
      now += 1
      for index in tasks.indices {
        let input = tasks[index].definition.inputs.firstIndex { $0.topic == "r.\(event.topic)" }
        guard let input else { continue }
        tasks[index].add(input, nil, unsafe event.event.span.bytes, isStructured: true, at: now)
      }
    }
  }

  /// Lets both tasks fold what has been published, the second what the first makes of it; time goes on.
  mutating func fold(after pause: Duration = .milliseconds(1)) {
    now += pause.milliseconds
    let collected = take(0)
    let candidates = tasks[0].definition.outputs.firstIndex { $0.topic == "r.candidates" }
    for index in 0..<collected.outputs.count where collected.outputs[index].output == candidates {
      let record = collected.outputs[index]
      tasks[1].add(Review.Input.candidates, record.key, record.value, isStructured: false, at: now)
    }
    _ = take(1)
  }

  private mutating func take(_ index: Int) -> EpochBuffer {
    let buffer = tasks[index].close(at: now)
    ledger = ledger + buffer.record.ledger
    for number in 0..<buffer.outputs.count {
      let record = buffer.outputs[number]
      let topic = String(tasks[index].definition.outputs[record.output].topic.dropFirst(2))
      tables[topic, default: [:]][text(record.key) ?? "-"] = text(record.value)
    }
    for number in 0..<buffer.quarantine.count {
      let record = buffer.quarantine[number]
      var headers: [String: String] = [:]
      buffer.quarantine.forEachHeader(of: number) { headers[text($0) ?? ""] = text($1) }
      quarantine.append((text(record.key) ?? "-", text(record.value), headers))
    }
    return buffer
  }

  /// A table's records by key, as JSON objects without their positions.
  func records(_ topic: String) throws -> [String: NSDictionary] {
    try (tables[topic] ?? [:]).mapValues { text in
      let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
      return NSDictionary(dictionary: try #require(object).filter { $0.key != "position" })
    }
  }

  /// Why records were set aside, each reason as often as it was.
  var reasons: [String] { quarantine.compactMap { $0.headers["ratchet_reason"] } }

  /// Everything that state, tables and quarantine hold, as text to be searched.
  func holds(_ text: String) -> Bool {
    if tables.values.contains(where: { $0.values.contains { $0.contains(text) } }) { return true }
    var kept: [String: String] = [:]
    for record in quarantine { kept[record.key] = record.value }
    return kept.values.contains { $0.contains(text) } || stateHolds(text)
  }

  func stateHolds(_ text: String) -> Bool {
    tasks.contains { task in
      task.fold.stores.contains { store in
        String(describing: (store as? any Searched)?.contents ?? []).contains(text)
      }
    }
  }
}

private func text(_ bytes: RawSpan?) -> String? {
  guard let bytes else { return nil }
  return unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
}

/// A store whose values a test looks through, in their stored form.
private protocol Searched {
  var contents: [String] { get }
}

private func stored(_ value: some Storable) -> String {
  var bytes: [UInt8] = []
  value.store(into: &bytes)
  return String(decoding: bytes, as: UTF8.self)
}

extension KeyValueStore: Searched {
  var contents: [String] {
    keys { _, _ in true }.map { key in stored(key) + (self[key].map { stored($0) } ?? "") }
  }
}

extension SegmentedStore: Searched {
  var contents: [String] {
    keys { _, _ in true }.map { key in stored(key) + (self[key].map { stored($0) } ?? "") }
  }
}
