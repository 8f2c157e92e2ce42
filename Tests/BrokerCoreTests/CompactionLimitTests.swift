// When a topic is compacted: the limits in time that Kafka's users set, told one at a time.
import Basics
import BrokerProtocol
import Testing

@testable import BrokerCore

@Suite struct CompactionLimitTests {
  /// A compacted topic `t`.
  private func talk(_ configs: [String: String]) throws -> Conversation {
    let talk = try Conversation()
    let configs = configs.merging(["cleanup.policy": "compact"]) { $1 }
    #expect(try talk.create("t", configs).error == .none)
    return talk
  }

  private func put(_ value: String?, codec: RecordBatchAttributes.Codec = .none, in talk: Conversation) throws
  {
    var builder = RecordBatchBuilder(
      baseTimestamp: talk.now, attributes: RecordBatchAttributes(codec: codec))
    builder.append(
      key: ByteSlice([1]), value: value.map { ByteSlice(Array($0.utf8)) }, timestamp: talk.now)
    #expect(try talk.produce(builder.build(), to: "t").error == .none)
    try talk.flush()
  }

  /// Two rounds of upkeep, and what they find to do.
  private func pass(_ duration: Duration, in talk: Conversation) throws {
    for step in [duration, .seconds(61)] {
      talk.pass(step)
      try talk.flush()
      while let job = talk.broker.takeMaintenance(now: talk.now) {
        try job.run()
        talk.broker.completed(job, now: talk.now)
      }
      try talk.flush()
    }
  }

  @Test("no record waits for compaction longer than max.compaction.lag.ms, also in the segment appended to")
  func lag_max() throws {
    let talk = try talk(["max.compaction.lag.ms": "3600000", "min.cleanable.dirty.ratio": "1"])
    for value in ["a", "b"] { try put(value, in: talk) }
    try pass(.seconds(1800), in: talk)
    #expect(try talk.values(in: "t") == ["a", "b"])
    try pass(.seconds(1800), in: talk)
    #expect(try talk.values(in: "t") == ["b"])
  }

  @Test("the age that max.compaction.lag.ms limits is the record's own, so a new start does not reset it")
  func lag_maxOverRestarts() throws {
    let talk = try talk(["max.compaction.lag.ms": "3600000"])
    for value in ["a", "b"] { try put(value, in: talk) }
    for _ in 0..<4 {
      try pass(.seconds(1000), in: talk)
      try talk.restart()
    }
    try pass(.zero, in: talk)
    #expect(try talk.values(in: "t") == ["b"])
  }

  @Test("a record is safe from compaction for min.compaction.lag.ms")
  func lag_min() throws {
    let talk = try talk(["min.compaction.lag.ms": "3600000", "segment.ms": "1000"])
    for value in ["a", "b"] { try put(value, in: talk) }
    try pass(.seconds(3000), in: talk)
    #expect(try talk.values(in: "t") == ["a", "b"])
    try pass(.seconds(600), in: talk)
    #expect(try talk.values(in: "t") == ["b"])
  }

  @Test("a least lag above the longest is refused, by its names")
  func lagsThatConflict() throws {
    let refused = try Conversation().create(
      "t", ["min.compaction.lag.ms": "2000", "max.compaction.lag.ms": "1000"])
    #expect(refused.error == .invalidConfig)
    #expect(refused.errorMessage == "max.compaction.lag.ms=1000: min.compaction.lag.ms=2000 is more")
    #expect(try Conversation().create("t", ["max.compaction.lag.ms": "0"]).error == .invalidConfig)
  }

  @Test("a tombstone goes delete.retention.ms after it was found, also where nothing else is written")
  func quietTopic() throws {
    let talk = try talk(["delete.retention.ms": "3600000", "segment.ms": "1000"])
    for value in ["a", nil] { try put(value, in: talk) }
    try pass(.seconds(1000), in: talk)
    #expect(try talk.values(in: "t") == [""])
    try pass(.seconds(3000), in: talk)
    #expect(try talk.values(in: "t") == [""])
    try pass(.seconds(600), in: talk)
    #expect(try talk.values(in: "t") == [])
  }

  @Test("limits at the ends of what a number holds do no harm")
  func extremes() throws {
    let most = String(Int64.max)
    for configs in [
      ["max.compaction.lag.ms": "1", "delete.retention.ms": most],
      ["max.compaction.lag.ms": most, "min.compaction.lag.ms": most, "segment.ms": "1"],
    ] {
      let talk = try talk(configs)
      for value in ["a", "b", nil] { try put(value, in: talk) }
      try pass(.seconds(1_000_000), in: talk)
      #expect(try talk.fetch("t", from: 0).error == .none)
    }
  }

  @Test(
    "batches that cannot be opened are told of once for each topic, and again for one that takes its name")
  func unread() throws {
    let talk = try talk(["segment.ms": "1000"])
    try put("a", codec: .zstd, in: talk)
    try put("b", in: talk)
    try pass(.seconds(1000), in: talk)
    let told = UnreadBatches(topic: "t", partition: 0, batches: 1)
    #expect(talk.broker.takeUnreadBatches() == [told])
    try put("c", in: talk)
    try pass(.seconds(1000), in: talk)
    #expect(talk.broker.takeUnreadBatches() == [])
    _ = try talk.ask(.deleteTopics(DeleteTopicsRequest(topics: [.init(name: "t")])), version: 6)
    try talk.create("t", ["cleanup.policy": "compact", "segment.ms": "1000"])
    try put("a", codec: .gzip, in: talk)
    try pass(.seconds(1000), in: talk)
    #expect(talk.broker.takeUnreadBatches() == [told])
  }
}
