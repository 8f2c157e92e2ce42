// What it costs to join executions with feedback and to make examples of them: the shipped `collect`,
// folded by the engine's own fold without any broker, so the cost of decoding, joining, sealing and hashing
// is in it and nothing of the network is.
import Basics
import Events
import Processors
import Runtime

/// Executions with feedback on half of them, then what a case takes in the changelog.
func learningBenchmark(_ settings: BenchmarkSettings) throws -> [String] {
  let count = settings.isFull ? 100_000 : 200
  var collect = try FoldedCollect()
  let executions = try collect.measure("executions, 1 KB", count, of: .executions) { execution($0) }
  let executionBytes = Double(collect.changelogBytes) / Double(count)
  let corrections = try collect.measure("corrections that meet one", count / 2, of: .feedback) {
    correction($0)
  }
  let waiting = try collect.measure("corrections that wait", count / 2, of: .feedback) {
    correction($0 + count)
  }
  var lines = [executions, corrections, waiting].map(\.line)
  let week = 7.0 * 86_400
  lines.append("an execution takes \(Int(executionBytes)) bytes of a changelog, packed")
  for rate in [10.0, 100, 1000] {
    let gigabytes = rate * week * executionBytes / 1e9
    lines.append("  \(Int(rate)) executions/s over 7 days: \(rounded(gigabytes)) GB")
  }
  return lines
}

/// So many words that no text repeats, so that packing them saves no more than it does with real ones.
private func prose(_ number: Int, _ count: Int) -> String {
  var random = SeededRandom(seed: UInt64(number))
  return (0..<count).map { _ in String(UInt32.random(in: 0..<60_000_000, using: &random), radix: 36) }
    .joined(separator: " ")
}

private func execution(_ number: Int) -> (id: String, type: String, data: String) {
  (
    "run-\(number)", "execution.completed",
    #"{"execution_id":"run-\#(number)","status":"ok","user_id":"user-\#(number % 5000)","input_text":""#
      + prose(number, 60) + #"","output_text":""# + prose(number + 1, 100)
      + #"","gen_ai.request.model":"gpt-4o","duration_ms":1840.5,"cost_usd":0.0123}"#
  )
}

private func correction(_ number: Int) -> (id: String, type: String, data: String) {
  (
    "feedback-\(number)", "feedback.given",
    #"{"feedback_type":"correction","execution_id":"run-\#(number)","user_id":"user-\#(number)","#
      + #""correction":""# + prose(number, 30) + #""}"#
  )
}

/// One task of `collect` that owns every key.
private struct FoldedCollect {
  private var fold: TaskFold
  private let definition: ProcessorDefinition
  private var next: [Int64]
  private var epoch = Epoch(0)
  private var now: Int64 = 1_769_850_000_000
  private(set) var changelogBytes = 0

  /// Of one epoch: what a worker reads at most in a turn under load.
  private static let recordsPerEpoch = 5000

  init() throws {
    definition = shippedProcessors(prefix: "bench")[0]
    fold = TaskFold(PartitionID(0), of: definition)
    for output in definition.outputs { fold.partitionCounts[output.topic] = 1 }
    next = definition.inputs.map { _ in 0 }
  }

  /// Folds `count` events of a topic, epoch after epoch; making them is not measured.
  mutating func measure(
    _ name: String, _ count: Int, of topic: InputTopic,
    _ make: (Int) -> (id: String, type: String, data: String)
  ) throws -> Measurement {
    changelogBytes = 0
    var total: Measurement?
    for start in stride(from: 0, to: count, by: Self.recordsPerEpoch) {
      let batch = batch(start..<min(count, start + Self.recordsPerEpoch), topic, make)
      let part = Measurement.of(name, count: batch.count) {
        let buffer = close(batch, of: topic)
        changelogBytes += buffer.changelog.byteCount
        return buffer.record.outputHash &+ buffer.record.stateHash
      }
      total = total.map { $0 + part } ?? part
    }
    return total ?? Measurement.of(name, count: 1) { 0 }
  }

  private func input(_ topic: InputTopic) -> Int {
    definition.inputs.firstIndex { $0.topic == "bench.\(topic.rawValue)" } ?? 0
  }

  private mutating func batch(
    _ numbers: Range<Int>, _ topic: InputTopic, _ make: (Int) -> (id: String, type: String, data: String)
  ) -> RecordBatch {
    var batch = RecordBatch()
    let input = input(topic)
    for number in numbers {
      let (id, type, data) = make(number)
      now += 1
      let (key, value) = (Array(id.utf8), Array(data.utf8))
      batch.append(
        Offset(next[input]), at: Timestamp(milliseconds: now), key: unsafe key.span.bytes,
        value: unsafe value.span.bytes)
      next[input] += 1
      for (name, text) in [
        ("content-type", "application/json"), ("ce_specversion", "1.0"), ("ce_id", id),
        ("ce_source", "/bench"),
        ("ce_type", type), ("ce_time", "\(Timestamp(milliseconds: now))"), ("ce_organization", "acme"),
        ("ce_agent", "airline"),
      ] {
        let (name, text) = (Array(name.utf8), Array(text.utf8))
        batch.appendHeader(unsafe name.span.bytes, unsafe text.span.bytes)
      }
    }
    return batch
  }

  private mutating func close(_ batch: RecordBatch, of topic: InputTopic) -> EpochBuffer {
    let read = input(topic)
    let inputs = definition.inputs.indices.map { index in
      EpochRecord.Input(
        TopicPartition(topic: definition.inputs[index].topic, partition: PartitionID(0)),
        first: Offset(next[index] - (index == read ? Int64(batch.count) : 0)), next: Offset(next[index]))
    }
    let batches = definition.inputs.indices.map { $0 == read ? batch : RecordBatch() }
    defer { epoch = epoch.next }
    return fold.fold(
      ClosedEpoch(
        epoch, inputs, batches, batches.map { 0..<$0.count }, end: Timestamp(milliseconds: now),
        watermark: EventTime(milliseconds: now - 5000)))
  }
}
