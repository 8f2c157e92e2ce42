// A response on its way to the wire.

/// A response's body; the case must be the request's.
public enum Response: Sendable {
  case produce(ProduceResponse)
  case fetch(FetchResponse)
  case listOffsets(ListOffsetsResponse)
  case metadata(MetadataResponse)
  case offsetCommit(OffsetCommitResponse)
  case offsetFetch(OffsetFetchResponse)
  case findCoordinator(FindCoordinatorResponse)
  case joinGroup(JoinGroupResponse)
  case heartbeat(HeartbeatResponse)
  case leaveGroup(LeaveGroupResponse)
  case syncGroup(SyncGroupResponse)
  case describeGroups(DescribeGroupsResponse)
  case listGroups(ListGroupsResponse)
  case saslHandshake(SASLHandshakeResponse)
  case apiVersions(APIVersionsResponse)
  case createTopics(CreateTopicsResponse)
  case deleteTopics(DeleteTopicsResponse)
  case deleteRecords(DeleteRecordsResponse)
  case initProducerID(InitProducerIDResponse)
  case offsetForLeaderEpoch(OffsetForLeaderEpochResponse)
  case addPartitionsToTxn(AddPartitionsToTxnResponse)
  case addOffsetsToTxn(AddOffsetsToTxnResponse)
  case endTxn(EndTxnResponse)
  case txnOffsetCommit(TxnOffsetCommitResponse)
  case describeConfigs(DescribeConfigsResponse)
  case alterConfigs(AlterConfigsResponse)
  case saslAuthenticate(SASLAuthenticateResponse)
  case createPartitions(CreatePartitionsResponse)
  case deleteGroups(DeleteGroupsResponse)
  case incrementalAlterConfigs(AlterConfigsResponse)
  case offsetDelete(OffsetDeleteResponse)
  case describeCluster(DescribeClusterResponse)
  case describeProducers(DescribeProducersResponse)
  case describeTransactions(DescribeTransactionsResponse)
  case listTransactions(ListTransactionsResponse)
}

extension WireWriter {
  /// Appends the frame that answers the request with this header.
  public mutating func append(_ response: Response, to header: RequestHeader) {
    do {
      try frame(header) { wire throws(WireError) in
        wire.append(header.correlationID)
        // ApiVersions keeps the old header, as the client does not yet know what the broker understands
        // (KIP-511).
        if header.key != .apiVersions { wire.tags() }
        try response.layout(&wire)
      }
    } catch {
      preconditionFailure("writing refused a value: \(error)")
    }
  }
}

extension Response {
  fileprivate func layout(_ wire: inout some WireCoder) throws(WireError) {
    switch self {
    case .produce(var body): try body.layout(&wire)
    case .fetch(var body): try body.layout(&wire)
    case .listOffsets(var body): try body.layout(&wire)
    case .metadata(var body): try body.layout(&wire)
    case .offsetCommit(var body): try body.layout(&wire)
    case .offsetFetch(var body): try body.layout(&wire)
    case .findCoordinator(var body): try body.layout(&wire)
    case .joinGroup(var body): try body.layout(&wire)
    case .heartbeat(var body): try body.layout(&wire)
    case .leaveGroup(var body): try body.layout(&wire)
    case .syncGroup(var body): try body.layout(&wire)
    case .describeGroups(var body): try body.layout(&wire)
    case .listGroups(var body): try body.layout(&wire)
    case .saslHandshake(var body): try body.layout(&wire)
    case .apiVersions(var body): try body.layout(&wire)
    case .createTopics(var body): try body.layout(&wire)
    case .deleteTopics(var body): try body.layout(&wire)
    case .deleteRecords(var body): try body.layout(&wire)
    case .initProducerID(var body): try body.layout(&wire)
    case .offsetForLeaderEpoch(var body): try body.layout(&wire)
    case .addPartitionsToTxn(var body): try body.layout(&wire)
    case .addOffsetsToTxn(var body): try body.layout(&wire)
    case .endTxn(var body): try body.layout(&wire)
    case .txnOffsetCommit(var body): try body.layout(&wire)
    case .describeConfigs(var body): try body.layout(&wire)
    case .alterConfigs(var body): try body.layout(&wire)
    case .saslAuthenticate(var body): try body.layout(&wire)
    case .createPartitions(var body): try body.layout(&wire)
    case .deleteGroups(var body): try body.layout(&wire)
    case .incrementalAlterConfigs(var body): try body.layout(&wire)
    case .offsetDelete(var body): try body.layout(&wire)
    case .describeCluster(var body): try body.layout(&wire)
    case .describeProducers(var body): try body.layout(&wire)
    case .describeTransactions(var body): try body.layout(&wire)
    case .listTransactions(var body): try body.layout(&wire)
    }
  }
}
