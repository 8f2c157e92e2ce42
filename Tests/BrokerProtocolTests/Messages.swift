// Every message there is, and a third coder beside reader and writer: one that fills fields with seeded
// values.
import Basics

@testable import BrokerProtocol

/// The request's and the response's type of each API.
let messages: [(key: APIKey, request: any WireValue.Type, response: any WireValue.Type)] = [
  (.produce, ProduceRequest.self, ProduceResponse.self),
  (.fetch, FetchRequest.self, FetchResponse.self),
  (.listOffsets, ListOffsetsRequest.self, ListOffsetsResponse.self),
  (.metadata, MetadataRequest.self, MetadataResponse.self),
  (.offsetCommit, OffsetCommitRequest.self, OffsetCommitResponse.self),
  (.offsetFetch, OffsetFetchRequest.self, OffsetFetchResponse.self),
  (.findCoordinator, FindCoordinatorRequest.self, FindCoordinatorResponse.self),
  (.joinGroup, JoinGroupRequest.self, JoinGroupResponse.self),
  (.heartbeat, HeartbeatRequest.self, HeartbeatResponse.self),
  (.leaveGroup, LeaveGroupRequest.self, LeaveGroupResponse.self),
  (.syncGroup, SyncGroupRequest.self, SyncGroupResponse.self),
  (.describeGroups, DescribeGroupsRequest.self, DescribeGroupsResponse.self),
  (.listGroups, ListGroupsRequest.self, ListGroupsResponse.self),
  (.saslHandshake, SASLHandshakeRequest.self, SASLHandshakeResponse.self),
  (.apiVersions, APIVersionsRequest.self, APIVersionsResponse.self),
  (.createTopics, CreateTopicsRequest.self, CreateTopicsResponse.self),
  (.deleteTopics, DeleteTopicsRequest.self, DeleteTopicsResponse.self),
  (.deleteRecords, DeleteRecordsRequest.self, DeleteRecordsResponse.self),
  (.initProducerID, InitProducerIDRequest.self, InitProducerIDResponse.self),
  (.offsetForLeaderEpoch, OffsetForLeaderEpochRequest.self, OffsetForLeaderEpochResponse.self),
  (.addPartitionsToTxn, AddPartitionsToTxnRequest.self, AddPartitionsToTxnResponse.self),
  (.addOffsetsToTxn, AddOffsetsToTxnRequest.self, AddOffsetsToTxnResponse.self),
  (.endTxn, EndTxnRequest.self, EndTxnResponse.self),
  (.txnOffsetCommit, TxnOffsetCommitRequest.self, TxnOffsetCommitResponse.self),
  (.describeConfigs, DescribeConfigsRequest.self, DescribeConfigsResponse.self),
  (.alterConfigs, AlterConfigsRequest.self, AlterConfigsResponse.self),
  (.saslAuthenticate, SASLAuthenticateRequest.self, SASLAuthenticateResponse.self),
  (.createPartitions, CreatePartitionsRequest.self, CreatePartitionsResponse.self),
  (.deleteGroups, DeleteGroupsRequest.self, DeleteGroupsResponse.self),
  (.incrementalAlterConfigs, IncrementalAlterConfigsRequest.self, AlterConfigsResponse.self),
  (.offsetDelete, OffsetDeleteRequest.self, OffsetDeleteResponse.self),
  (.describeCluster, DescribeClusterRequest.self, DescribeClusterResponse.self),
  (.describeProducers, DescribeProducersRequest.self, DescribeProducersResponse.self),
  (.describeTransactions, DescribeTransactionsRequest.self, DescribeTransactionsResponse.self),
  (.listTransactions, ListTransactionsRequest.self, ListTransactionsResponse.self),
]

/// Every version of every API.
let headers: [RequestHeader] = messages.flatMap { message in
  message.key.versions.served.map {
    RequestHeader(key: message.key, version: $0, correlationID: 7, clientID: "a client")
  }
}

/// The frame, without its length, that a client would send.
func requestFrame(_ header: RequestHeader, _ body: some WireValue) throws -> [UInt8] {
  var writer = WireWriter()
  try writer.frame(header) { wire throws(WireError) in
    wire.append(header.key.rawValue)
    wire.append(header.version)
    wire.append(header.correlationID)
    wire.append(text: header.clientID ?? "", compact: false)
    wire.tags()
    var body = body
    try body.layout(&wire)
  }
  return Array(writer.bytes[4...])
}

/// A request of this header's type and version, every field filled.
func randomRequest(_ header: RequestHeader, seed: UInt64) throws -> [UInt8] {
  func frame(_ type: (some WireValue).Type) throws -> [UInt8] {
    try requestFrame(header, try filled(type, header, seed: seed))
  }
  let message = messages.first { $0.key == header.key }
  return try frame(message!.request)
}

/// A structure with seeded values in the fields that the version has.
func filled<Value: WireValue>(_: Value.Type, _ header: RequestHeader, seed: UInt64) throws -> Value {
  var filler = Filler(key: header.key, version: header.version, random: SeededRandom(seed: seed))
  var value = Value()
  try value.layout(&filler)
  return value
}

private struct Filler: WireCoder {
  let key: APIKey
  let version: Int16
  var random: SeededRandom

  func invalid(_ what: String) -> WireError { .invalid(what, at: 0) }

  /// Numbers of 8 and 16 bits are mostly codes: 1 is one everywhere.
  mutating func field<Integer: FixedWidthInteger>(_ value: inout Integer) {
    value = Integer.bitWidth <= 16 ? 1 : Integer(truncatingIfNeeded: random.next())
  }

  mutating func field(_ text: inout String) { text = "text \(random.int(in: 0..<1000))" }

  mutating func field(_ text: inout String?) { text = random.chance(1, in: 4) ? nil : "maybe" }

  mutating func field(_ bytes: inout ByteSlice) {
    bytes = ByteSlice((0..<random.int(in: 0..<300)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
  }

  mutating func field(_ bytes: inout ByteSlice?) {
    var present = ByteSlice.empty
    field(&present)
    bytes = random.chance(1, in: 4) ? nil : present
  }

  mutating func field<Element: WireValue>(_ elements: inout [Element]) throws(WireError) {
    elements = []
    for _ in 0..<random.int(in: 0..<4) {
      var element = Element()
      try element.layout(&self)
      elements.append(element)
    }
  }

  mutating func field<Element: WireValue>(_ elements: inout [Element]?) throws(WireError) {
    var present: [Element] = []
    try field(&present)
    elements = random.chance(1, in: 4) ? nil : present
  }

  mutating func records(_ chunks: inout [PayloadChunk]) {
    var bytes = ByteSlice.empty
    field(&bytes)
    chunks = [.memory(bytes)]
  }

  mutating func tags() {}
}
