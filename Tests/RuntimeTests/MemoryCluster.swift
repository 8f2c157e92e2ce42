// Workers over a cluster that is a few arrays, with a clock that the test moves: hours pass in
// milliseconds, and no thread, socket or timing decides anything. Failures of clients are not its business;
// `WorkerTests` and the simulation have them.
import Basics

@testable import Runtime

/// Topics as arrays; everything in them is committed.
final class MemoryCluster {
  struct Stored {
    var timestamp: Timestamp
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [(name: [UInt8], value: [UInt8]?)] = []
  }

  var logs: [TopicPartition: [Stored]] = [:]
  var partitionCounts: [String: Int32] = [:]
  var offsets: [TopicPartition: Offset] = [:]

  func topic(_ name: String, _ partitions: Int32) { partitionCounts[name] = partitions }

  func publish(_ topic: String, _ number: Int32 = 0, at time: Int64, _ key: String, _ value: String = "") {
    logs[partition(topic, number), default: []].append(
      Stored(timestamp: Timestamp(milliseconds: time), key: Array(key.utf8), value: Array(value.utf8)))
  }

  func epochs(_ topic: String, _ number: Int32 = 0) throws -> [EpochRecord] {
    try logs[partition(topic, number), default: []].map { try EpochRecord(decoding: $0.value ?? []) }
  }
}

/// A worker's clients of it; the worker owns all tasks of its processors.
final class MemoryPort: ClientPort {
  private let cluster: MemoryCluster
  private let epochsTopics: [String]
  private var isAssigned = false
  private var positions: [TopicPartition: Int] = [:]
  private var open: [TopicPartition: [MemoryCluster.Stored]] = [:]
  private var openOffsets: [TopicPartition: Offset] = [:]
  private var publications: [Publication] = []

  init(_ cluster: MemoryCluster, _ definitions: [ProcessorDefinition]) {
    self.cluster = cluster
    epochsTopics = definitions.map(\.epochsTopic)
  }

  func pollGroup() -> [GroupEvent] {
    if isAssigned { return [] }
    isAssigned = true
    return [
      .assigned(
        epochsTopics.flatMap { topic in
          (0..<(cluster.partitionCounts[topic] ?? 0)).map { partition(topic, $0) }
        })
    ]
  }

  func clusterID() -> String { "memory" }

  func partitionCount(of topic: String) throws(ClientFailure) -> Int32 {
    guard let count = cluster.partitionCounts[topic] else { throw .refused("no topic \(topic)") }
    return count
  }

  func committedOffset(of partition: TopicPartition) -> Offset? { cluster.offsets[partition] }

  private func count(_ partition: TopicPartition) -> Int { cluster.logs[partition]?.count ?? 0 }

  func bounds(of partitions: [TopicPartition]) -> [Range<Offset>] {
    partitions.map { .zero..<Offset(Int64(count($0))) }
  }

  func knownEnd(of partition: TopicPartition) -> Offset? { Offset(Int64(count(partition))) }

  func startReading(_ partition: TopicPartition, at offset: Offset) {
    positions[partition] = Int(offset.rawValue)
  }

  func read(_ partition: TopicPartition, into batch: inout RecordBatch, limit: Int) -> Offset? {
    let start = positions[partition] ?? 0
    let end = min(count(partition), start + limit)
    for (index, stored) in (cluster.logs[partition] ?? [])[start..<end].enumerated() {
      unsafe batch.append(
        Offset(Int64(start + index)), at: stored.timestamp, key: stored.key?.span.bytes,
        value: stored.value?.span.bytes)
      for header in stored.headers {
        unsafe batch.appendHeader(header.name.span.bytes, header.value?.span.bytes)
      }
    }
    positions[partition] = end
    return end == count(partition) ? Offset(Int64(end)) : nil
  }

  func stopReading(_ partition: TopicPartition) { positions[partition] = nil }
  func openProducer() {}
  func initializeTransactions() {}
  func beginTransaction() { (open, openOffsets, publications) = ([:], [:], []) }

  func produce(_ publications: [Publication]) {
    self.publications = publications
    for publication in publications {
      let buffer = publication.buffer
      add(buffer.outputs, publication.outputTopics)
      add(buffer.announcements, publication.outputTopics)
      add(buffer.changelog, publication.changelogTopics)
      add(buffer.quarantine, [publication.quarantineTopic])
      open[publication.epochs, default: []].append(
        .init(timestamp: buffer.record.recordedTime, key: nil, value: buffer.recordBytes))
    }
  }

  private func add(_ records: OutboundRecords, _ topics: [String]) {
    for index in 0..<records.count {
      let record = records[index]
      var stored = MemoryCluster.Stored(
        timestamp: record.timestamp, key: record.key?.copied, value: record.value?.copied)
      records.forEachHeader(of: index) { stored.headers.append(($0.copied, $1?.copied)) }
      open[TopicPartition(topic: topics[record.output], partition: record.partition), default: []]
        .append(stored)
    }
  }

  func flush() -> [DeliveredEpoch] {
    publications.map { publication in
      let changelogs = publication.changelogTopics.map { topic -> Offset? in
        let place = TopicPartition(topic: topic, partition: publication.epochs.partition)
        return open[place].map { Offset(Int64(count(place) + $0.count - 1)) }
      }
      return DeliveredEpoch(record: Offset(Int64(count(publication.epochs))), changelogs: changelogs)
    }
  }

  func sendOffsets(_ offsets: [TopicPartition: Offset]) { openOffsets = offsets }

  func commitTransaction() {
    for (partition, records) in open { cluster.logs[partition, default: []] += records }
    cluster.offsets.merge(openOffsets) { $1 }
  }

  func abortTransaction() {}
  func wait(_ duration: Duration) {}
  func close(deadline: Duration) {}
}

/// Workers and a clock.
final class VirtualWorld {
  let cluster = MemoryCluster()
  private(set) var now: Moment
  private var workers: [String: Worker] = [:]

  init(at wallClock: Int64 = 1_000_000) {
    now = Moment(wallClock: Timestamp(milliseconds: wallClock), uptime: .zero)
  }

  /// Starts a worker that owns all tasks of these processors; one of the same name is gone without a word.
  func start(
    _ name: String, _ definitions: [ProcessorDefinition], _ settings: EngineSettings = EngineSettings()
  ) {
    workers[name] = Worker(0, definitions, settings, MemoryPort(cluster, definitions))
  }

  func kill(_ name: String) { workers[name] = nil }

  func task(_ worker: String, _ processor: String, _ number: Int32 = 0) -> OwnedTask? {
    workers[worker]?.tasks[TaskID(processor: processor, partition: PartitionID(number))]
  }

  var wallClock: Int64 { now.wallClock.rawValue }

  /// Sets the wall clock, without any time passing.
  func setWallClock(_ time: Int64) { now.wallClock = Timestamp(milliseconds: time) }

  /// Lets time pass, in steps.
  func run(_ duration: Duration, step: Duration = .milliseconds(20)) {
    let end = now.uptime + duration
    while now.uptime < end {
      for name in workers.keys.sorted() {
        for _ in 0..<100 { if workers[name]?.turn(now) != Worker.Rest.none { break } }
      }
      now.uptime += step
      now.wallClock = now.wallClock + step
    }
  }
}
