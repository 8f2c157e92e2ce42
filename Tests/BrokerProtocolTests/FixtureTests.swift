// Frames written out by hand from the protocol's definitions: what the round trips cannot see, a field out of
// its place on both sides alike, shows here.
import Basics
import Testing

@testable import BrokerProtocol

@Suite struct FixtureTests {
  @Test("ApiVersions 3 is answered with the old header and compact entries")
  func apiVersions() {
    let header = RequestHeader(key: .apiVersions, version: 3, correlationID: 0x0102_0304)
    let bytes = written(.apiVersions(APIVersionsResponse()), to: header)
    let entries = APIKey.allCases.count
    let start = [0, 0, 0, 0, 1, 2, 3, 4, 0, 0, UInt8(entries + 1)].fittingLength(12 + entries * 7)
    #expect(Array(bytes[..<11]) == start)
    #expect(bytes[11..<25] == [0, 0, 0, 0, 0, 9, 0, /* Fetch */ 0, 1, 0, 4, 0, 12, 0])
    #expect(bytes[(bytes.count - 5)...] == [0, 0, 0, 0, /* no tags */ 0])
  }

  @Test("Metadata 1 asks for all topics by null")
  func metadataRequest() throws {
    let frame: [UInt8] = [0, 3, 0, 1, 0, 0, 0, 2, 0, 2, 0x6D, 0x65, 0xFF, 0xFF, 0xFF, 0xFF]
    let (header, request) = try Request.decode(ByteSlice(frame))
    #expect(header == RequestHeader(key: .metadata, version: 1, correlationID: 2, clientID: "me"))
    guard case .metadata(let metadata) = request else { throw Mismatch() }
    #expect(metadata.topics == nil)
  }

  @Test("Metadata 1 names brokers, then the controller, then topics")
  func metadataResponse() {
    let partition = MetadataResponse.Partition(
      error: .none, partition: PartitionID(2), leaderID: 1, replicas: [1], inSyncReplicas: [1])
    let response = MetadataResponse(
      brokers: [.init(nodeID: 1, host: "h", port: 9092)], clusterID: "not in version 1", controllerID: 1,
      topics: [.init(error: .none, name: "t", partitions: [partition])])
    let bytes = written(.metadata(response), to: RequestHeader(key: .metadata, version: 1))
    #expect(
      bytes
        == [
          0, 0, 0, 74, 0, 0, 0, 0,
          0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0x68, 0, 0, 0x23, 0x84, /* no rack */ 0xFF, 0xFF,
          0, 0, 0, 1,
          0, 0, 0, 1, 0, 0, 0, 1, 0x74, /* not internal */ 0,
          0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1,
        ].fittingLength())
  }

  @Test("Produce 3 lends its batches as slices of the frame")
  func produceRequest() throws {
    let frame: [UInt8] = [
      0, 0, 0, 3, 0, 0, 0, 5, 0xFF, 0xFF,
      /* transactional id */ 0, 1, 0x78, /* acks */ 0xFF, 0xFF, /* timeout */ 0, 0, 0x75, 0x30,
      0, 0, 0, 1, 0, 1, 0x74, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 3, 0xA, 0xB, 0xC,
    ]
    let block = ByteSlice(frame)
    guard case .produce(let request) = try Request.decode(block).request else { throw Mismatch() }
    #expect(request.transactionalID == "x" && request.acks == .all && request.timeout == .seconds(30))
    let partition = try #require(request.topics.first?.partitions.first)
    #expect(request.topics[0].name == "t" && partition.partition == PartitionID(4))
    #expect(partition.records?.bytes == [0xA, 0xB, 0xC])
    #expect(partition.records?.block === block.block)
  }

  @Test("Fetch 4 sends record batches from where they lie, and counts them in the frame's length")
  func fetchResponse() {
    let aborted = FetchResponse.AbortedTransaction(producerID: ProducerID(6), firstOffset: Offset(3))
    let partition = FetchResponse.Partition(
      partition: PartitionID(1), highWatermark: Offset(9), lastStableOffset: Offset(8),
      abortedTransactions: [aborted],
      records: [.memory(ByteSlice([0xA, 0xB])), .memory(ByteSlice([0xC]))])
    let response = FetchResponse(error: .none, topics: [TopicEntry(name: "t", partitions: [partition])])
    var writer = WireWriter()
    writer.append(.fetch(response), to: RequestHeader(key: .fetch, version: 4, correlationID: 7))
    #expect(writer.payloads.count == 2)
    #expect(
      flattened(writer)
        == [
          0, 0, 0, 0, 0, 0, 0, 7, /* throttle */ 0, 0, 0, 0,
          0, 0, 0, 1, 0, 1, 0x74, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0,
          0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 8,
          0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 3,
          0, 0, 0, 3, 0xA, 0xB, 0xC,
        ].fittingLength())
  }

  @Test("JoinGroup 5 carries the instance between the member and the protocol type")
  func joinGroup() throws {
    let frame: [UInt8] = [
      0, 11, 0, 5, 0, 0, 0, 1, 0xFF, 0xFF,
      0, 1, 0x67, 0, 0, 0x27, 0x10, 0, 0, 0x4E, 0x20, 0, 0, 0, 1, 0x69, 0, 1, 0x63,
      0, 0, 0, 1, 0, 1, 0x72, 0, 0, 0, 2, 1, 2,
    ]
    guard case .joinGroup(let join) = try Request.decode(ByteSlice(frame)).request else { throw Mismatch() }
    #expect((join.groupID, join.memberID, join.groupInstanceID, join.protocolType) == ("g", "", "i", "c"))
    #expect((join.sessionTimeout, join.rebalanceTimeout) == (.seconds(10), .seconds(20)))
    #expect(join.protocols.first?.name == "r" && join.protocols.first?.metadata.bytes == [1, 2])
  }

  @Test("OffsetFetch 8 answers a group's topics before its error")
  func offsetFetch() {
    let partition = OffsetFetchResponse.Partition(
      partition: PartitionID(0), offset: Offset(5), leaderEpoch: -1, metadata: nil, error: .none)
    let group = OffsetFetchResponse.Group(
      groupID: "g", error: .notCoordinator, topics: [TopicEntry(name: "t", partitions: [partition])])
    let header = RequestHeader(key: .offsetFetch, version: 8, correlationID: 1)
    #expect(
      written(.offsetFetch(OffsetFetchResponse(groups: [group])), to: header)
        == [
          0, 0, 0, 0, 0, 0, 0, 1, /* header tags */ 0, /* throttle */ 0, 0, 0, 0,
          2, 2, 0x67, 2, 2, 0x74, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0xFF, 0xFF, 0xFF, 0xFF,
          /* no metadata */ 0, 0, 0, 0, /* topic's tags */ 0, 0, 16, 0, 0,
        ].fittingLength())
  }

  @Test("EndTxn 3 is a commit or an abort by one byte")
  func endTxn() throws {
    let start: [UInt8] = [0, 26, 0, 3, 0, 0, 0, 1, 0xFF, 0xFF, 0, 2, 0x78]
    let producer: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 9, 0, 4]
    for commit in [true, false] {
      let frame = start + producer + [commit ? 1 : 0, 0]
      guard case .endTxn(let end) = try Request.decode(ByteSlice(frame)).request else { throw Mismatch() }
      #expect((end.transactionalID, end.commit) == ("x", commit))
      #expect((end.producerID, end.producerEpoch) == (ProducerID(9), ProducerEpoch(4)))
    }
  }

  private struct Mismatch: Error {}

  private func written(_ response: Response, to header: RequestHeader) -> [UInt8] {
    var writer = WireWriter()
    writer.append(response, to: header)
    return writer.bytes
  }
}

extension [UInt8] {
  /// With the frame's length, or the given one, put into its first four bytes.
  fileprivate func fittingLength(_ length: Int? = nil) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: (length ?? count - 4) >> (24 - 8 * $0)) } + self[4...]
  }
}
