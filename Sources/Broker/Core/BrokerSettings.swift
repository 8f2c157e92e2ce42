// What can be set for the broker as a whole. The values that stand here are Kafka's, save for partitions and
// names.

public struct BrokerSettings: Sendable {
  /// What clients are told to connect to.
  public var host = "127.0.0.1"
  public var port: Int32 = 9092
  public var nodeID: Int32 = 1
  public var clusterID = "ratchet"

  /// Whether asking for a topic's metadata creates it.
  public var createsTopics = true
  /// Of topics that are created without saying how many.
  public var partitionsStandard: Int32 = 1
  /// A topic's partitions each cost a file and memory; a typing slip should not cost the machine.
  public var partitions_max: Int32 = 10_000

  public var sessionTimeout_min: Duration = .milliseconds(100)
  public var sessionTimeout_max: Duration = .seconds(1800)
  public var transactionTimeout_max: Duration = .seconds(900)
  /// How long positions outlive the group's last member.
  public var offsetsRetention: Duration = .seconds(7 * 24 * 3600)
  /// How long an unused transactional id keeps its epoch.
  public var transactionalIDRetention: Duration = .seconds(7 * 24 * 3600)
  /// How long an idle producer's sequence is remembered.
  public var producerIDRetention: Duration = .seconds(24 * 3600)
  public var offsetMetadata_bytes_max = 4096
  /// What one Fetch returns at most, whatever it asks for.
  public var fetch_bytes_max = 55 << 20
  /// How often logs are looked at for retention and compaction, and lists for what has lapsed.
  public var upkeepInterval: Duration = .seconds(60)

  /// From which member ids and topic ids are drawn. A server gives true randomness at each start.
  public var seed: UInt64

  public init(seed: UInt64) { self.seed = seed }
}
