// Requests that make sense often enough to get behind the first check: a coder that fills fields from what
// the broker knows, or has told before.
import Basics

@testable import BrokerProtocol

/// What requests are made of.
struct Vocabulary {
  var words = [
    "t0", "t1", "t2", "g0", "g1", "x0", "x1", "consumer", "range", "", "cleanup.policy", "compact",
    "segment.bytes", "segment.ms", "retention.ms", "max.compaction.lag.ms", "100", "9223372036854775807",
    "Stable", "Ongoing", "PLAIN",
  ]
  /// Told by answers, the oldest forgotten first.
  private var told: [String] = []
  private(set) var producers: [(id: ProducerID, epoch: ProducerEpoch)] = []

  mutating func learn(_ response: Response) {
    switch response {
    case .joinGroup(let joined): told.append(joined.memberID)
    case .initProducerID(let given) where given.error == .none:
      producers.append((given.producerID, given.producerEpoch))
    default: break
    }
    if told.count > 4 { told.removeFirst() }
    if producers.count > 3 { producers.removeFirst() }
  }

  func word(_ random: inout SeededRandom) -> String {
    if !told.isEmpty, random.chance(1, in: 3) { return told[random.int(in: 0..<told.count)] }
    return words[random.int(in: 0..<words.count)]
  }

  /// Numbers that stand at the ends of what is allowed, and those of known producers.
  func number(_ random: inout SeededRandom) -> Int64 {
    let usual: [Int64] = [0, 0, 0, 1, 1, 2, -1, -1, 5, 100, 1000, 10_000, 60_000]
    let ends: [Int64] = [.max, .min, -2, Int64(Int32.max), Int64(Int32.min), Int64(Int16.max), .max - 1]
    switch random.int(in: 0..<10) {
    case 0: return ends[random.int(in: 0..<ends.count)]
    case 1: return Int64(truncatingIfNeeded: random.next())
    case 2, 3: return producers.last?.id.rawValue ?? 1
    default: return usual[random.int(in: 0..<usual.count)]
    }
  }
}

/// A frame without its length; nil when the draw gave a value that the layout does not have.
func seededRequest(_ vocabulary: Vocabulary, _ random: inout SeededRandom) -> [UInt8]? {
  let message = requestTypes[random.int(in: 0..<requestTypes.count)]
  let versions = message.key.versions.served
  let version = versions.lowerBound + Int16(random.int(in: 0..<versions.count))
  let header = RequestHeader(key: message.key, version: version, correlationID: 7, clientID: "a client")
  func frame<Body: WireValue>(_: Body.Type) throws -> [UInt8] {
    var filler = Filler(header, vocabulary, random.split())
    var body = Body()
    try body.layout(&filler)
    return try requestFrame(header, body)
  }
  return try? frame(message.type)
}

private func requestFrame(_ header: RequestHeader, _ body: some WireValue) throws -> [UInt8] {
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

/// Produce stands more often than the others: behind it lies the most.
let requestTypes: [(key: APIKey, type: any WireValue.Type)] = [
  (.produce, ProduceRequest.self), (.produce, ProduceRequest.self), (.produce, ProduceRequest.self),
  (.fetch, FetchRequest.self), (.fetch, FetchRequest.self), (.listOffsets, ListOffsetsRequest.self),
  (.metadata, MetadataRequest.self), (.offsetCommit, OffsetCommitRequest.self),
  (.offsetFetch, OffsetFetchRequest.self), (.findCoordinator, FindCoordinatorRequest.self),
  (.joinGroup, JoinGroupRequest.self), (.joinGroup, JoinGroupRequest.self),
  (.heartbeat, HeartbeatRequest.self), (.leaveGroup, LeaveGroupRequest.self),
  (.syncGroup, SyncGroupRequest.self), (.apiVersions, APIVersionsRequest.self),
  (.createTopics, CreateTopicsRequest.self), (.deleteTopics, DeleteTopicsRequest.self),
  (.deleteRecords, DeleteRecordsRequest.self), (.initProducerID, InitProducerIDRequest.self),
  (.addPartitionsToTxn, AddPartitionsToTxnRequest.self), (.addOffsetsToTxn, AddOffsetsToTxnRequest.self),
  (.endTxn, EndTxnRequest.self), (.txnOffsetCommit, TxnOffsetCommitRequest.self),
  (.describeConfigs, DescribeConfigsRequest.self), (.alterConfigs, AlterConfigsRequest.self),
  (.incrementalAlterConfigs, IncrementalAlterConfigsRequest.self),
  (.createPartitions, CreatePartitionsRequest.self), (.describeCluster, DescribeClusterRequest.self),
  (.listGroups, ListGroupsRequest.self), (.describeGroups, DescribeGroupsRequest.self),
  (.deleteGroups, DeleteGroupsRequest.self), (.offsetDelete, OffsetDeleteRequest.self),
  (.offsetForLeaderEpoch, OffsetForLeaderEpochRequest.self),
  (.describeProducers, DescribeProducersRequest.self), (.listTransactions, ListTransactionsRequest.self),
  (.describeTransactions, DescribeTransactionsRequest.self), (.saslHandshake, SASLHandshakeRequest.self),
  (.saslAuthenticate, SASLAuthenticateRequest.self),
]

private struct Filler: WireCoder {
  let key: APIKey
  let version: Int16
  private let vocabulary: Vocabulary
  private var random: SeededRandom

  init(_ header: RequestHeader, _ vocabulary: Vocabulary, _ random: SeededRandom) {
    (key, version) = (header.key, header.version)
    self.vocabulary = vocabulary
    self.random = random
  }

  func invalid(_ what: String) -> WireError { .invalid(what, at: 0) }

  mutating func field<Integer: FixedWidthInteger>(_ value: inout Integer) {
    // Numbers of 8 bits are mostly codes and flags.
    value =
      Integer.bitWidth == 8
      ? Integer(random.int(in: 0..<2)) : Integer(truncatingIfNeeded: vocabulary.number(&random))
  }

  mutating func field(_ text: inout String) { text = vocabulary.word(&random) }
  mutating func field(_ text: inout String?) {
    text = random.chance(1, in: 4) ? nil : vocabulary.word(&random)
  }

  mutating func field(_ bytes: inout ByteSlice) {
    let producer = random.chance(1, in: 2) ? vocabulary.producers.last : nil
    let batch = RecordBatch.seeded(
      &random, producer: producer?.id ?? .none, epoch: producer?.epoch ?? .none,
      sequence: producer == nil ? -1 : Int32(random.int(in: 0..<4)))
    bytes = ByteSlice(batch)
  }

  mutating func field(_ bytes: inout ByteSlice?) {
    var present = ByteSlice.empty
    field(&present)
    bytes = random.chance(1, in: 10) ? nil : present
  }

  mutating func field<Element: WireValue>(_ elements: inout [Element]) throws(WireError) {
    elements = []
    for _ in 0..<[0, 1, 1, 1, 2, 3][random.int(in: 0..<6)] {
      var element = Element()
      try element.layout(&self)
      elements.append(element)
    }
  }

  mutating func field<Element: WireValue>(_ elements: inout [Element]?) throws(WireError) {
    var present: [Element] = []
    try field(&present)
    elements = random.chance(1, in: 6) ? nil : present
  }

  mutating func records(_ chunks: inout [PayloadChunk]) {}
  mutating func tags() {}
}
