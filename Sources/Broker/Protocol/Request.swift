// A decoded request and what its header said.
public import Basics

/// What stands before every request's body.
public struct RequestHeader: Hashable, Sendable {
  public var key: APIKey
  public var version: Int16
  /// Comes back in the response's header.
  public var correlationID: Int32
  public var clientID: String?

  public init(key: APIKey, version: Int16, correlationID: Int32 = 0, clientID: String? = nil) {
    self.key = key
    self.version = version
    self.correlationID = correlationID
    self.clientID = clientID
  }

  var isFlexible: Bool { version >= key.versions.flexibleSince }
}

/// A request's body.
public enum Request: Sendable {
  case produce(ProduceRequest)
  case fetch(FetchRequest)
  case listOffsets(ListOffsetsRequest)
  case metadata(MetadataRequest)
  case offsetCommit(OffsetCommitRequest)
  case offsetFetch(OffsetFetchRequest)
  case findCoordinator(FindCoordinatorRequest)
  case joinGroup(JoinGroupRequest)
  case heartbeat(HeartbeatRequest)
  case leaveGroup(LeaveGroupRequest)
  case syncGroup(SyncGroupRequest)
  case describeGroups(DescribeGroupsRequest)
  case listGroups(ListGroupsRequest)
  case saslHandshake(SASLHandshakeRequest)
  case apiVersions(APIVersionsRequest)
  case createTopics(CreateTopicsRequest)
  case deleteTopics(DeleteTopicsRequest)
  case deleteRecords(DeleteRecordsRequest)
  case initProducerID(InitProducerIDRequest)
  case offsetForLeaderEpoch(OffsetForLeaderEpochRequest)
  case addPartitionsToTxn(AddPartitionsToTxnRequest)
  case addOffsetsToTxn(AddOffsetsToTxnRequest)
  case endTxn(EndTxnRequest)
  case txnOffsetCommit(TxnOffsetCommitRequest)
  case describeConfigs(DescribeConfigsRequest)
  case alterConfigs(AlterConfigsRequest)
  case saslAuthenticate(SASLAuthenticateRequest)
  case createPartitions(CreatePartitionsRequest)
  case deleteGroups(DeleteGroupsRequest)
  case incrementalAlterConfigs(IncrementalAlterConfigsRequest)
  case offsetDelete(OffsetDeleteRequest)
  case describeCluster(DescribeClusterRequest)
  case describeProducers(DescribeProducersRequest)
  case describeTransactions(DescribeTransactionsRequest)
  case listTransactions(ListTransactionsRequest)
}

extension Request {
  /// Reads a frame, whose length has been taken off. What bytes follow the last field is not looked at.
  public static func decode(_ frame: ByteSlice) throws(WireError) -> (header: RequestHeader, request: Request)
  {
    let header = RequestHeader(key: .apiVersions, version: 0)
    var reader = WireReader(frame, at: 0, header: header)
    let key = try reader.integer(Int16.self)
    guard let key = APIKey(rawValue: key) else { throw .unknownAPI(key: key) }
    var read = RequestHeader(key: key, version: try reader.integer(Int16.self))
    read.correlationID = try reader.integer(Int32.self)
    guard key.versions.served.contains(read.version) else { throw .unsupportedVersion(read) }
    // A nullable text of the old form in every version (KIP-511).
    read.clientID = try reader.text(compact: false)
    var body = WireReader(frame, at: reader.position, header: read)
    try body.tags()
    return (read, try Request(reading: &body))
  }

  private init(reading wire: inout WireReader) throws(WireError) {
    switch wire.key {
    case .produce: self = .produce(try wire.value())
    case .fetch: self = .fetch(try wire.value())
    case .listOffsets: self = .listOffsets(try wire.value())
    case .metadata: self = .metadata(try wire.value())
    case .offsetCommit: self = .offsetCommit(try wire.value())
    case .offsetFetch: self = .offsetFetch(try wire.value())
    case .findCoordinator: self = .findCoordinator(try wire.value())
    case .joinGroup: self = .joinGroup(try wire.value())
    case .heartbeat: self = .heartbeat(try wire.value())
    case .leaveGroup: self = .leaveGroup(try wire.value())
    case .syncGroup: self = .syncGroup(try wire.value())
    case .describeGroups: self = .describeGroups(try wire.value())
    case .listGroups: self = .listGroups(try wire.value())
    case .saslHandshake: self = .saslHandshake(try wire.value())
    case .apiVersions: self = .apiVersions(try wire.value())
    case .createTopics: self = .createTopics(try wire.value())
    case .deleteTopics: self = .deleteTopics(try wire.value())
    case .deleteRecords: self = .deleteRecords(try wire.value())
    case .initProducerID: self = .initProducerID(try wire.value())
    case .offsetForLeaderEpoch: self = .offsetForLeaderEpoch(try wire.value())
    case .addPartitionsToTxn: self = .addPartitionsToTxn(try wire.value())
    case .addOffsetsToTxn: self = .addOffsetsToTxn(try wire.value())
    case .endTxn: self = .endTxn(try wire.value())
    case .txnOffsetCommit: self = .txnOffsetCommit(try wire.value())
    case .describeConfigs: self = .describeConfigs(try wire.value())
    case .alterConfigs: self = .alterConfigs(try wire.value())
    case .saslAuthenticate: self = .saslAuthenticate(try wire.value())
    case .createPartitions: self = .createPartitions(try wire.value())
    case .deleteGroups: self = .deleteGroups(try wire.value())
    case .incrementalAlterConfigs: self = .incrementalAlterConfigs(try wire.value())
    case .offsetDelete: self = .offsetDelete(try wire.value())
    case .describeCluster: self = .describeCluster(try wire.value())
    case .describeProducers: self = .describeProducers(try wire.value())
    case .describeTransactions: self = .describeTransactions(try wire.value())
    case .listTransactions: self = .listTransactions(try wire.value())
    }
  }
}
