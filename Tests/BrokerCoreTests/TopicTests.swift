// Topics and their settings through the broker: made, changed, refused, deleted, kept within their limits.
import Basics
import BrokerProtocol
import Testing

@testable import BrokerCore

@Suite struct TopicTests {
  @Test(
    "names that Kafka would not take are refused",
    arguments: ["", ".", "..", "a/b", "ä", "a b", String(repeating: "x", count: 250)])
  func names(name: String) throws {
    let talk = try Conversation()
    #expect(try talk.create(name).error == .invalidTopic)
  }

  @Test("what cannot be created is refused with the reason")
  func refusals() throws {
    let talk = try Conversation()
    #expect(try talk.create("t").error == .none)
    #expect(try talk.create("t").error == .topicAlreadyExists)
    #expect(try talk.create("u", partitions: 0).error == .invalidPartitions)
    let typo = try talk.create("u", ["retention.mss": "5"])
    #expect(typo.error == .invalidConfig)
    #expect(typo.errorMessage == "unknown setting \"retention.mss\", did you mean \"retention.ms\"?")
    #expect(try talk.create("u", ["compression.type": "gzip"]).error == .invalidConfig)
    #expect(try talk.create("u", ["cleanup.policy": "keep"]).error == .invalidConfig)
    #expect(try talk.create("u", ["retention.ms": "-2"]).error == .invalidConfig)
    #expect(try talk.create("u", ["min.cleanable.dirty.ratio": "nan"]).error == .invalidConfig)
    #expect(try talk.create("u", ["segment.ms": "9223372036854775807"]).error == .none)
    talk.pass(.seconds(200))
  }

  @Test("validating creates nothing, naming a topic twice creates neither")
  func validation() throws {
    let talk = try Conversation()
    func create(_ names: [String], validateOnly: Bool) throws -> [ErrorCode] {
      let request = CreateTopicsRequest(
        topics: names.map { .init(name: $0, partitionCount: 1, replicationFactor: 1) },
        validateOnly: validateOnly)
      guard case .createTopics(let response) = try talk.ask(.createTopics(request), version: 7) else {
        return []
      }
      return response.topics.map(\.error)
    }
    #expect(try create(["t"], validateOnly: true) == [.none])
    #expect(try create(["t", "t"], validateOnly: false) == [.invalidRequest, .invalidRequest])
    #expect(try create(["t"], validateOnly: false) == [.none])
  }

  private func metadata(_ talk: Conversation, _ names: [String]?, create: Bool = true) throws
    -> [MetadataResponse.Topic]
  {
    let request = MetadataRequest(
      topics: names?.map { .init(id: .none, name: $0) }, allowAutoTopicCreation: create)
    guard case .metadata(let response) = try talk.ask(.metadata(request), version: 12) else { return [] }
    return response.topics
  }

  @Test("asking for a topic creates it, when both sides allow that")
  func autoCreation() throws {
    let talk = try Conversation()
    #expect(try metadata(talk, ["t"], create: false).map(\.error) == [.unknownTopicOrPartition])
    #expect(try metadata(talk, ["t"]).map(\.error) == [.none])
    #expect(try metadata(talk, nil).map(\.name) == ["t"])
    #expect(try metadata(talk, ["a b"]).map(\.error) == [.invalidTopic])
    let strict = try Conversation { $0.createsTopics = false }
    #expect(try metadata(strict, ["t"]).map(\.error) == [.unknownTopicOrPartition])
  }

  @Test("a topic deleted and created again is another one: no record, no offset is left")
  func deletion() throws {
    let talk = try Conversation()
    let first = try talk.create("t")
    _ = try talk.produce(.of(["a"]), to: "t")
    let commit = OffsetCommitRequest(
      groupID: "g",
      topics: [TopicEntry(name: "t", partitions: [.init(partition: PartitionID(0), offset: Offset(1))])])
    _ = try talk.ask(.offsetCommit(commit), version: 8)
    #expect(try talk.position(of: "g", in: "t").offset == Offset(1))
    let request = DeleteTopicsRequest(topics: [.init(name: "t"), .init(name: "u")])
    guard case .deleteTopics(let response) = try talk.ask(.deleteTopics(request), version: 6) else { return }
    #expect(response.topics.map(\.error) == [.none, .unknownTopicOrPartition])
    #expect(try talk.fetch("t", from: 0).error == .unknownTopicOrPartition)
    #expect(try talk.create("t").id != first.id)
    try talk.flush()
    #expect(try talk.values(in: "t") == [])
    #expect(try talk.position(of: "g", in: "t").offset == .none)
  }

  private func alter(_ talk: Conversation, _ configs: [String: String], validateOnly: Bool = false) throws
    -> ErrorCode
  {
    let request = AlterConfigsRequest(
      resources: [
        .init(
          resource: ConfigResource(kind: .topic, name: "t"),
          configs: configs.sorted { $0.key < $1.key }.map { ConfigValue(name: $0.key, value: $0.value) })
      ], validateOnly: validateOnly)
    guard case .alterConfigs(let response) = try talk.ask(.alterConfigs(request), version: 2) else {
      throw Conversation.NoAnswer()
    }
    return response.results[0].error
  }

  private func value(_ talk: Conversation, _ name: String) throws -> DescribeConfigsResponse.Config? {
    let request = DescribeConfigsRequest(
      resources: [.init(resource: ConfigResource(kind: .topic, name: "t"), names: [name])])
    guard case .describeConfigs(let response) = try talk.ask(.describeConfigs(request), version: 4) else {
      throw Conversation.NoAnswer()
    }
    return response.results[0].configs.first
  }

  @Test("altering replaces all settings; validating changes none")
  func altering() throws {
    let talk = try Conversation()
    #expect(try alter(talk, [:]) == .unknownTopicOrPartition)
    try talk.create("t", ["retention.ms": "5", "segment.bytes": "1000"])
    #expect(try value(talk, "retention.ms")?.value == "5")
    #expect(try value(talk, "retention.ms")?.source == .topic)
    #expect(try alter(talk, ["retention.ms": "7"], validateOnly: true) == .none)
    #expect(try value(talk, "retention.ms")?.value == "5")
    #expect(try alter(talk, ["retention.ms": "x"]) == .invalidConfig)
    #expect(try alter(talk, ["retention.ms": "7"]) == .none)
    #expect(try value(talk, "retention.ms")?.value == "7")
    #expect(try value(talk, "segment.bytes")?.value == "1073741824")
    #expect(try value(talk, "segment.bytes")?.source == .standard)
  }

  private func deleteRecords(_ talk: Conversation, before offset: Int64) throws
    -> DeleteRecordsResponse.Partition
  {
    let request = DeleteRecordsRequest(topics: [
      TopicEntry(name: "t", partitions: [.init(partition: PartitionID(0), offset: Offset(offset))])
    ])
    guard case .deleteRecords(let response) = try talk.ask(.deleteRecords(request), version: 2) else {
      throw Conversation.NoAnswer()
    }
    return response.topics[0].partitions[0]
  }

  @Test("records are deleted up to an offset that is durable, and no further")
  func deletingRecords() throws {
    let talk = try Conversation()
    try talk.create("t")
    for value in ["a", "b", "c"] { _ = try talk.produce(.of([value]), to: "t") }
    #expect(try deleteRecords(talk, before: 1).error == .offsetOutOfRange)
    try talk.flush()
    #expect(try deleteRecords(talk, before: 2).lowWatermark == Offset(2))
    #expect(try deleteRecords(talk, before: 1).lowWatermark == Offset(2))
    #expect(try deleteRecords(talk, before: 9).error == .offsetOutOfRange)
    #expect(try talk.fetch("t", from: 1).error == .offsetOutOfRange)
    #expect(try readable(talk.fetch("t", from: 2)) == ["c"])
    #expect(try deleteRecords(talk, before: -1).lowWatermark == Offset(3))
    #expect(try alter(talk, ["cleanup.policy": "compact"]) == .none)
    #expect(try deleteRecords(talk, before: 3).error == .policyViolation)
  }

  @Test("segments older than the retention go, unless an open transaction stands in them")
  func retentionByTime() throws {
    let talk = try Conversation()
    try talk.create("t", ["retention.ms": "600000", "segment.bytes": "100"])
    for value in ["a", "b", "c"] { _ = try talk.produce(.of([value], at: talk.now), to: "t") }
    try talk.flush()
    talk.pass(.seconds(500))
    _ = try talk.produce(.of(["d"], at: talk.now), to: "t")
    try talk.flush()
    talk.pass(.seconds(101))
    try talk.flush()
    #expect(try talk.fetch("t", from: 3).logStartOffset == Offset(3))
    var client = try TransactionalClient(talk, id: "x", timeout: .seconds(900))
    try client.add("t")
    try client.produce(["e"], to: "t")
    try talk.flush()
    talk.pass(.seconds(700))
    try talk.flush()
    #expect(try talk.fetch("t", from: 4).logStartOffset == Offset(4))
  }

  @Test("the oldest segments go when the partition grows too large")
  func retentionBySize() throws {
    let talk = try Conversation()
    try talk.create("t", ["retention.bytes": "300", "segment.bytes": "100"])
    for index in 0..<10 { _ = try talk.produce(.of(["\(index)"], at: talk.now), to: "t") }
    try talk.flush()
    talk.pass(.seconds(61))
    try talk.flush()
    let start = try talk.fetch("t", from: 9).logStartOffset
    #expect(start >= Offset(5) && start < Offset(9))
  }

  @Test("compaction leaves each key's last record, and tombstones for their time")
  func compaction() throws {
    let talk = try Conversation()
    try talk.create(
      "t",
      [
        "cleanup.policy": "compact", "segment.bytes": "100", "min.cleanable.dirty.ratio": "0.1",
        "delete.retention.ms": "1000000",
      ])
    func put(_ key: UInt8, _ value: String?) throws {
      var builder = RecordBatchBuilder(baseTimestamp: talk.now)
      builder.append(
        key: ByteSlice([key]), value: value.map { ByteSlice(Array($0.utf8)) }, timestamp: talk.now)
      _ = try talk.produce(builder.build(), to: "t")
    }
    for (key, value) in [(1, "a"), (2, "b"), (1, "c"), (3, "x"), (3, nil), (9, "active")]
      as [(UInt8, String?)]
    {
      try put(key, value)
    }
    try talk.flush()
    func compact() throws {
      talk.pass(.seconds(61))
      while let job = talk.broker.takeMaintenance(now: talk.now) {
        try job.run()
        talk.broker.completed(job, now: talk.now)
      }
      try talk.flush()
    }
    try compact()
    #expect(try talk.values(in: "t") == ["b", "c", "", "active"])
    talk.pass(.seconds(1001))
    for value in ["d", "e"] { try put(9, value) }
    try talk.flush()
    try compact()
    #expect(try talk.values(in: "t") == ["b", "c", "d", "e"].filter { $0 != "active" })
    try talk.restart()
    #expect(try talk.values(in: "t") == ["b", "c", "d", "e"])
  }

  @Test("offsets and empty groups are forgotten after their retention, not before")
  func offsetExpiry() throws {
    let talk = try Conversation { $0.offsetsRetention = .seconds(1000) }
    try talk.create("t")
    let commit = OffsetCommitRequest(
      groupID: "g",
      topics: [TopicEntry(name: "t", partitions: [.init(partition: PartitionID(0), offset: Offset(0))])])
    _ = try talk.ask(.offsetCommit(commit), version: 8)
    talk.pass(.seconds(990))
    #expect(try talk.position(of: "g", in: "t").offset == .zero)
    talk.pass(.seconds(61))
    #expect(try talk.position(of: "g", in: "t").offset == .none)
    #expect(talk.broker.state.offsets.isEmpty)
  }

  @Test("offsets for partitions that are not there, or with too much text, are refused")
  func offsetErrors() throws {
    let talk = try Conversation()
    try talk.create("t")
    let long = String(repeating: "x", count: 5000)
    let request = OffsetCommitRequest(
      groupID: "g",
      topics: [
        TopicEntry(
          name: "t",
          partitions: [
            .init(partition: PartitionID(0), offset: Offset(1), metadata: long),
            .init(partition: PartitionID(1), offset: Offset(1)),
          ])
      ])
    guard case .offsetCommit(let response) = try talk.ask(.offsetCommit(request), version: 8) else { return }
    #expect(
      response.topics[0].partitions.map(\.error) == [.offsetMetadataTooLarge, .unknownTopicOrPartition])
  }
}
