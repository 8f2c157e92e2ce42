// One task of a shipped processor, folded by the engine's own fold without any broker: records in, what an
// epoch publishes out.
import Basics
import Control

@testable import Runtime

/// A task and its place in its inputs.
struct FoldedTask {
  /// A record of one of the inputs, by the topic's name without the prefix.
  struct Record {
    var topic: String
    var key = ""
    var value = ""
    var headers: [(String, String)] = []
    /// Where the value is no text.
    var bytes: [UInt8]?
    /// How long before the epoch's end it was stamped.
    var age_s: Int64 = 0

    /// An event in binary mode.
    static func event(
      _ topic: String, _ type: String, organization: String = "acme", agent: String? = "triage",
      id: String = "1", key: String = "", time: String = "2026-01-01T00:00:00Z", _ data: String
    ) -> Record {
      var headers = [
        ("ce_specversion", "1.0"), ("ce_id", id), ("ce_source", "/test"), ("ce_type", type),
        ("ce_time", time), ("ce_organization", organization), ("content-type", "application/json"),
      ]
      if let agent { headers.append(("ce_agent", agent)) }
      return Record(topic: topic, key: key, value: data, headers: headers)
    }

    /// Files of a configuration and the record that puts them in force.
    static func configuration(_ files: [(path: String, content: String)]) -> [Record] {
      var configuration = Configuration()
      var records: [Record] = []
      for (path, content) in files {
        let hash = configuration.set(path, Array(content.utf8))
        records.append(Record(topic: "control", key: Configuration.fileKey(hash), value: content))
      }
      let list = String(decoding: configuration.encoded(), as: UTF8.self)
      return records + [Record(topic: "control", key: Configuration.recordKey, value: list)]
    }
  }

  private(set) var fold: TaskFold
  private let definition: ProcessorDefinition
  private let partition: PartitionID
  private var next: [Int64]
  private var epoch = Epoch(0)
  private(set) var now: Int64

  init(
    _ definition: ProcessorDefinition, partition: Int32 = 0, of partitions: Int32 = 4,
    at now: Int64 = 1_000_000, onlyOutput: String? = nil
  ) {
    self.definition = definition
    self.partition = PartitionID(partition)
    self.now = now
    let only = onlyOutput.flatMap { name in definition.outputs.firstIndex { $0.topic.hasSuffix(".\(name)") } }
    fold = TaskFold(self.partition, of: definition, onlyOutput: only)
    for output in definition.outputs { fold.partitionCounts[output.topic] = partitions }
    next = definition.inputs.map { _ in 0 }
  }

  /// Folds an epoch that begins `seconds` after the last one and reads these records.
  mutating func epoch(_ records: [Record] = [], after seconds: Int64 = 1) -> EpochBuffer {
    now += seconds * 1000
    var batches = definition.inputs.map { _ in RecordBatch() }
    let first = next
    for record in records {
      guard let input = definition.inputs.firstIndex(where: { $0.topic.hasSuffix(".\(record.topic)") }) else {
        preconditionFailure("\(definition.name) does not read \(record.topic)")
      }
      let (key, value) = (Array(record.key.utf8), record.bytes ?? Array(record.value.utf8))
      batches[input].append(
        Offset(next[input]), at: Timestamp(milliseconds: now - record.age_s * 1000),
        key: unsafe key.span.bytes, value: unsafe value.span.bytes)
      for (name, value) in record.headers {
        let (name, value) = (Array(name.utf8), Array(value.utf8))
        batches[input].appendHeader(unsafe name.span.bytes, unsafe value.span.bytes)
      }
      next[input] += 1
    }
    let inputs = definition.inputs.indices.map { input in
      EpochRecord.Input(
        TopicPartition(topic: definition.inputs[input].topic, partition: partition),
        first: Offset(first[input]), next: Offset(next[input]))
    }
    defer { epoch = epoch.next }
    let end = Timestamp(milliseconds: now)
    return fold.fold(
      ClosedEpoch(
        epoch, inputs, batches, batches.map { 0..<$0.count }, end: end,
        watermark: EventTime(milliseconds: now - 5000)))
  }

  /// A task that has been restored from what this one has written to its changelogs.
  func restored(from changelogs: [OutboundRecords]) -> FoldedTask {
    var other = self
    other.fold = TaskFold(partition, of: definition)
    other.fold.partitionCounts = fold.partitionCounts
    for changelog in changelogs {
      for index in 0..<changelog.count {
        let record = changelog[index]
        if let key = record.key { other.fold.stores[record.output].restore(key: key, value: record.value) }
      }
    }
    return other
  }
}

extension EpochBuffer {
  /// What was emitted: the topic without its prefix, partition, key and value as text.
  func outputs(of definition: ProcessorDefinition) -> [(
    topic: String, partition: Int32, key: String, value: String
  )] {
    (0..<outputs.count).map { index in
      let record = outputs[index]
      let topic = definition.outputs[record.output].topic
      return (
        String(topic.drop { $0 != "." }.dropFirst()), record.partition.rawValue, text(record.key),
        text(record.value)
      )
    }
  }

  /// The reasons for which records were set aside.
  var reasons: [String] { record.ledger.setAside.keys.map(\.rawValue).sorted() }

  /// What stands in quarantine by this epoch: the place as key, the value (nil erases it), the headers.
  var quarantined: [(key: String, value: String?, headers: [String: String])] {
    (0..<quarantine.count).map { index in
      let record = quarantine[index]
      var headers: [String: String] = [:]
      quarantine.forEachHeader(of: index) { headers[text($0)] = text($1) }
      return (text(record.key), record.value == nil ? nil : text(record.value), headers)
    }
  }

  private func text(_ bytes: RawSpan?) -> String {
    guard let bytes else { return "-" }
    return unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
  }
}
