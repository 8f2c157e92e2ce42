// The requests this broker knows, by Kafka's numbers, and the versions of each that it speaks.
// What is not in the table is neither advertised nor decoded.

/// Which request a frame carries (the protocol's `api_key`).
public enum APIKey: Int16, CaseIterable, Sendable {
  case produce = 0
  case fetch = 1
  case listOffsets = 2
  case metadata = 3
  case offsetCommit = 8
  case offsetFetch = 9
  case findCoordinator = 10
  case joinGroup = 11
  case heartbeat = 12
  case leaveGroup = 13
  case syncGroup = 14
  case describeGroups = 15
  case listGroups = 16
  case saslHandshake = 17
  case apiVersions = 18
  case createTopics = 19
  case deleteTopics = 20
  case deleteRecords = 21
  case initProducerID = 22
  case offsetForLeaderEpoch = 23
  case addPartitionsToTxn = 24
  case addOffsetsToTxn = 25
  case endTxn = 26
  case txnOffsetCommit = 28
  case describeConfigs = 32
  case alterConfigs = 33
  case saslAuthenticate = 36
  case createPartitions = 37
  case deleteGroups = 42
  case incrementalAlterConfigs = 44
  case offsetDelete = 47
  case describeCluster = 60
  case describeProducers = 61
  case describeTransactions = 65
  case listTransactions = 66
}

/// The versions of one request that are spoken, and from which on its layout is flexible (KIP-482).
public struct APIVersions: Sendable {
  public let served: ClosedRange<Int16>
  public let flexibleSince: Int16

  /// The whole table, in the order ApiVersions answers it.
  public static let table: [(key: APIKey, versions: APIVersions)] = APIKey.allCases.map { ($0, $0.versions) }

  fileprivate init(_ served: ClosedRange<Int16>, flexibleSince: Int16) {
    self.served = served
    self.flexibleSince = flexibleSince
  }
}

extension APIKey {
  public var versions: APIVersions {
    switch self {
    // librdkafka falls back to uncompressed message sets when Produce does not begin at 0. Only batches
    // of format 2 are accepted, and those are sent from version 3 on.
    case .produce: APIVersions(0...9, flexibleSince: 9)
    // From 13 on topics go by id.
    case .fetch: APIVersions(4...12, flexibleSince: 12)
    case .listOffsets: APIVersions(1...7, flexibleSince: 6)
    case .metadata: APIVersions(0...12, flexibleSince: 9)
    case .offsetCommit: APIVersions(1...8, flexibleSince: 8)
    case .offsetFetch: APIVersions(1...8, flexibleSince: 6)
    case .findCoordinator: APIVersions(0...4, flexibleSince: 3)
    case .joinGroup: APIVersions(0...9, flexibleSince: 6)
    case .heartbeat: APIVersions(0...4, flexibleSince: 4)
    case .leaveGroup: APIVersions(0...5, flexibleSince: 4)
    case .syncGroup: APIVersions(0...5, flexibleSince: 4)
    case .describeGroups: APIVersions(0...5, flexibleSince: 5)
    case .listGroups: APIVersions(0...5, flexibleSince: 3)
    // librdkafka wants version 0 to be there and uses 1; after 0 messages would come without Kafka's frame.
    case .saslHandshake: APIVersions(0...1, flexibleSince: 2)
    case .apiVersions: APIVersions(0...3, flexibleSince: 3)
    case .createTopics: APIVersions(0...7, flexibleSince: 5)
    case .deleteTopics: APIVersions(0...6, flexibleSince: 4)
    case .deleteRecords: APIVersions(0...2, flexibleSince: 2)
    case .initProducerID: APIVersions(0...4, flexibleSince: 2)
    case .offsetForLeaderEpoch: APIVersions(2...4, flexibleSince: 4)
    // From 4 on brokers talk to each other by it.
    case .addPartitionsToTxn: APIVersions(0...3, flexibleSince: 3)
    case .addOffsetsToTxn: APIVersions(0...3, flexibleSince: 3)
    case .endTxn: APIVersions(0...3, flexibleSince: 3)
    case .txnOffsetCommit: APIVersions(0...3, flexibleSince: 3)
    case .describeConfigs: APIVersions(0...4, flexibleSince: 4)
    case .alterConfigs: APIVersions(0...2, flexibleSince: 2)
    case .saslAuthenticate: APIVersions(0...2, flexibleSince: 2)
    case .createPartitions: APIVersions(0...3, flexibleSince: 2)
    case .deleteGroups: APIVersions(0...2, flexibleSince: 2)
    case .incrementalAlterConfigs: APIVersions(0...1, flexibleSince: 1)
    // Never became flexible.
    case .offsetDelete: APIVersions(0...0, flexibleSince: .max)
    case .describeCluster: APIVersions(0...1, flexibleSince: 0)
    case .describeProducers: APIVersions(0...0, flexibleSince: 0)
    case .describeTransactions: APIVersions(0...0, flexibleSince: 0)
    case .listTransactions: APIVersions(0...0, flexibleSince: 0)
    }
  }
}
