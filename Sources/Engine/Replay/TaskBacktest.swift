// A task's past folded again under another configuration: same inputs, same recorded times, same code,
// and what comes out is handed over instead of being compared.
public import Basics
public import Runtime

/// One backtest of one task. State is kept in memory; nothing is published.
public struct TaskBacktest {
  private let definition: ProcessorDefinition
  private let partition: PartitionID
  private let port: any ClientPort
  private let other: OtherConfiguration?

  /// `other` nil: under the configuration of then.
  public init(
    _ partition: PartitionID, of definition: ProcessorDefinition, _ port: any ClientPort,
    under other: OtherConfiguration?
  ) {
    self.definition = definition
    self.partition = partition
    self.port = port
    self.other = other
  }

  /// Folds epoch after epoch and hands over each value that goes to `topic`, until `isEnough` says so of the
  /// watermark, or the log ends.
  /// - Throws: when something cannot be read, or inputs of an epoch are gone.
  public func run(
    outputsTo topic: String, until isEnough: (EventTime) -> Bool, _ body: (_ value: [UInt8]) -> Void
  ) throws(Diagnostic) {
    var epochs = try RecordedEpochs(
      TopicPartition(topic: definition.epochsTopic, partition: partition), port)
    var inputs = try EpochInputs(definition, partition, port)
    defer {
      epochs.stop()
      inputs.stop()
    }
    guard let wanted = definition.outputs.firstIndex(where: { $0.topic == topic }) else {
      throw Diagnostic("\(definition.name) writes no such topic", at: .named(topic))
    }
    var fold = TaskFold(partition, of: definition, onlyOutput: wanted)
    fold.partitionCounts = try definition.partitionCounts(port)
    while let record = try epochs.next() {
      guard case .complete(let read, var batches) = try inputs.read(record) else {
        throw Diagnostic(
          "inputs of epoch \(record.epoch) are gone",
          at: .named("\(definition.name)/\(partition)"),
          why: "a past can be asked as long as its inputs are there from the first epoch on")
      }
      for (index, input) in definition.inputs.enumerated() where input.kind == .control {
        batches[index] = other?.applied(to: batches[index]) ?? batches[index]
      }
      let buffer = fold.fold(
        ClosedEpoch(
          record.epoch, read, batches, batches.map { 0..<$0.count }, end: record.recordedTime,
          watermark: record.watermark, passedOver: record.passedOver))
      for index in 0..<buffer.outputs.count {
        let output = buffer.outputs[index]
        guard output.output == wanted, output.key != nil, let value = output.value,
          let bytes = [UInt8](stored: value)
        else { continue }
        body(bytes)
      }
      if isEnough(record.watermark) { return }
    }
  }
}

extension TaskBacktest {
  /// The watermark at the end of the task's last epoch.
  public func lastWatermark() throws(Diagnostic) -> EventTime? {
    var epochs = try RecordedEpochs(
      TopicPartition(topic: definition.epochsTopic, partition: partition), port)
    defer { epochs.stop() }
    var last: EventTime?
    while let record = try epochs.next() { last = record.watermark }
    return last
  }
}

/// The values of a topic's records, all partitions from their beginnings to their ends.
public func forEachValue(of topic: String, _ port: any ClientPort, _ body: ([UInt8]) -> Void)
  throws(Diagnostic)
{
  let count: Int32
  do throws(ClientFailure) { count = try port.partitionCount(of: topic) } catch {
    throw PartitionReader.diagnostic(error, TopicPartition(topic: topic, partition: PartitionID(0)))
  }
  for number in 0..<count {
    let place = TopicPartition(topic: topic, partition: PartitionID(number))
    let bounds = try port.knownBounds(of: place)
    if bounds.isEmpty { continue }
    let reader = try PartitionReader(place, at: bounds.lowerBound, port)
    defer { reader.stop() }
    while let batch = try reader.read(upTo: bounds.upperBound) {
      for index in 0..<batch.count {
        if let value = batch[index].value, let bytes = [UInt8](stored: value) { body(bytes) }
      }
    }
  }
}

/// The leaves of a JSON text by path, as they are written: `labels.queue` -> `"a"`; nil when it is none.
public func jsonLeaves(_ bytes: [UInt8]) -> [(path: String, text: String)]? { JSONFields(bytes)?.fields }

extension ProcessorDefinition {
  /// How many partitions its outputs' topics and the quarantine topic have.
  func partitionCounts(_ port: any ClientPort) throws(Diagnostic) -> [String: Int32] {
    var counts: [String: Int32] = [:]
    for topic in outputs.map(\.topic) + [quarantineTopic] {
      do throws(ClientFailure) { counts[topic] = try port.partitionCount(of: topic) } catch {
        throw PartitionReader.diagnostic(error, TopicPartition(topic: topic, partition: PartitionID(0)))
      }
    }
    return counts
  }
}
