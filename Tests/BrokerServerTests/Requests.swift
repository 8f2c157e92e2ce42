// What the tests ask of a broker, in short forms.
import Basics
import BrokerCore
import Synchronization

@testable import BrokerProtocol
@testable import BrokerServer

/// One record of so many bytes in a batch of its own, in the bytes a producer sends.
func recordBatch(of count: Int, codec: RecordBatchAttributes.Codec = .none) -> [UInt8] {
  var builder = RecordBatchBuilder(
    baseTimestamp: Timestamp(milliseconds: 1_700_000_000_000), attributes: RecordBatchAttributes(codec: codec)
  )
  builder.append(key: nil, value: ByteSlice((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }))
  return builder.build().bytes
}

func fetchRequest(
  _ topic: String, wait: Duration, correlationID: Int32
) -> (request: FetchRequest, header: RequestHeader) {
  let partition = FetchRequest.Partition(partition: PartitionID(0))
  let request = FetchRequest(
    maxWait: wait, minBytes: 1, topics: [TopicEntry(name: topic, partitions: [partition])])
  return (request, RequestHeader(key: .fetch, version: 11, correlationID: correlationID))
}

extension TestClient {
  func makeTopic(_ name: String) throws {
    try setTopic(name, "retention.ms", "-1")
  }

  /// Makes a topic of one partition with one setting.
  func setTopic(_ name: String, _ setting: String, _ value: String) throws {
    let topic = CreateTopicsRequest.Topic(
      name: name, partitionCount: 1, replicationFactor: 1, configs: [ConfigValue(name: setting, value: value)]
    )
    let header = RequestHeader(key: .createTopics, version: 4)
    let answer = try ask(CreateTopicsRequest(topics: [topic]), header, as: CreateTopicsResponse.self)
    guard answer.topics.first?.error == ErrorCode.none else { throw Closed() }
  }

  func send(_ batch: [UInt8], to topic: String, acks: Acks) throws {
    let partition = ProduceRequest.Partition(partition: PartitionID(0), records: ByteSlice(batch))
    let request = ProduceRequest(
      transactionalID: nil, acks: acks, topics: [TopicEntry(name: topic, partitions: [partition])])
    try send(request, RequestHeader(key: .produce, version: 7))
  }

  func produce(_ batch: [UInt8], to topic: String, acks: Acks) throws -> ProduceResponse.Partition? {
    try send(batch, to: topic, acks: acks)
    let header = RequestHeader(key: .produce, version: 7)
    return try answer(ProduceResponse.self, to: header).topics.first?.partitions.first
  }

  func endOffset(of topic: String) throws -> Offset? {
    let partition = ListOffsetsRequest.Partition(partition: PartitionID(0))
    let request = ListOffsetsRequest(
      isolation: .readUncommitted, topics: [TopicEntry(name: topic, partitions: [partition])])
    let header = RequestHeader(key: .listOffsets, version: 5)
    return try ask(request, header, as: ListOffsetsResponse.self).topics.first?.partitions.first?.offset
  }
}

struct NeverHappened: Error { var what: String }

/// Asks again and again, for ten seconds at most.
func eventually(_ what: String, _ condition: () throws -> Bool) throws {
  let end = ContinuousClock.now + .seconds(10)
  while try !condition() {
    guard ContinuousClock.now < end else { throw NeverHappened(what: what) }
  }
}

/// A disk in memory that is full from a moment on.
final class FailingDisk: Disk {
  private let memory = MemoryDisk()
  let fails = Atomic(false)

  private final class FailingFile: DiskFile {
    let file: any DiskFile
    let disk: FailingDisk

    init(_ file: any DiskFile, _ disk: FailingDisk) {
      self.file = file
      self.disk = disk
    }

    func size() throws(DiskError) -> Int { try file.size() }
    func write(_ pieces: [ByteSlice], at position: Int) throws(DiskError) {
      if disk.fails.load(ordering: .acquiring) { throw .full(path: "journal") }
      try file.write(pieces, at: position)
    }
    func read(at position: Int, count: Int) throws(DiskError) -> ByteSlice {
      try file.read(at: position, count: count)
    }
    func truncate(to size: Int) throws(DiskError) { try file.truncate(to: size) }
    func sync() throws(DiskError) { try file.sync() }
    var openFile: (any OpenFile)? { nil }
  }

  func open(_ path: String, create: FileCreation) throws(DiskError) -> any DiskFile {
    FailingFile(try memory.open(path, create: create), self)
  }
  func makeFolder(_ path: String) {}
  func list(_ folder: String) throws(DiskError) -> [String] { memory.list(folder) }
  func rename(_ path: String, to target: String) throws(DiskError) { try memory.rename(path, to: target) }
  func remove(_ path: String) throws(DiskError) { memory.remove(path) }
  func syncFolder(_ path: String) {}
}
