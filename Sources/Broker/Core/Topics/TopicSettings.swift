// A topic's settings, by Kafka's names: read once from text, then typed. What is not honoured here is
// refused.
import Basics
import BrokerProtocol

/// Why a setting was refused, for the client to read.
struct InvalidSetting: Error, Equatable {
  var message: String
}

/// The settings in effect; each begins as Kafka's default.
struct TopicSettings: Equatable, Sendable {
  var compacts = false
  var deletes = true
  /// nil keeps records for ever.
  var retention: Duration? = .seconds(7 * 24 * 3600)
  /// Per partition; nil is no limit.
  var retention_bytes: Int64?
  var segment_bytes: Int64 = 1 << 30
  var segmentAge: Duration = .seconds(7 * 24 * 3600)
  /// 1 MiB and what a batch of one such record adds to it.
  var batch_bytes_max: Int64 = 1 << 20 + 12
  /// How long a record is safe from compaction.
  var compactionLag: Duration = .zero
  /// After how long it is compacted even if little else is new; the largest number is never.
  var compactionLag_max: Duration = .milliseconds(Int64.max)
  /// How long a tombstone stays after compaction has first seen it.
  var tombstoneRetention: Duration = .seconds(24 * 3600)
  /// Compaction begins when this share of the log has not been compacted.
  var dirtyRatio_min = 0.5
  var stampsOnAppend = false

  init() {}

  /// The settings under `overrides`, of which each name may come once.
  init(_ overrides: [ConfigValue]) throws(InvalidSetting) {
    var seen: Set<String> = []
    for override in overrides {
      guard let definition = TopicSetting.named(override.name) else {
        let hint = didYouMean(override.name, among: TopicSetting.all.map(\.name))
        throw InvalidSetting(
          message: "unknown setting \"\(override.name)\"" + (hint.map { ", \($0)" } ?? ""))
      }
      guard seen.insert(override.name).inserted else {
        throw InvalidSetting(message: "\(override.name) is set twice")
      }
      guard let value = override.value else { continue }
      if let fault = definition.apply(value, &self) {
        throw InvalidSetting(message: "\(override.name)=\(value): \(fault)")
      }
    }
    guard compactionLag <= compactionLag_max else {
      throw InvalidSetting(
        message: "max.compaction.lag.ms=\(compactionLag_max.milliseconds): "
          + "min.compaction.lag.ms=\(compactionLag.milliseconds) is more")
    }
  }
}

/// One setting that topics have.
struct TopicSetting: Sendable {
  let name: String
  let standard: String
  let type: DescribeConfigsResponse.ConfigType
  let documentation: String
  /// Reads the text into the settings, or says what is wrong with it.
  let apply: @Sendable (String, inout TopicSettings) -> String?

  static func named(_ name: String) -> TopicSetting? { all.first { $0.name == name } }

  /// In the order of their names.
  static let all: [TopicSetting] = [
    TopicSetting(
      name: "cleanup.policy", standard: "delete", type: .list,
      documentation: "delete old records, compact to the last record of each key, or both"
    ) { text, settings in
      let policies = Set(text.split(separator: ",").map { $0.filter { $0 != " " } })
      settings.compacts = policies.contains("compact")
      settings.deletes = policies.contains("delete")
      let isKnown = !policies.isEmpty && policies.isSubset(of: ["compact", "delete"])
      return isKnown ? nil : "must be delete, compact or compact,delete"
    },
    TopicSetting(
      name: "compression.type", standard: "producer", type: .string,
      documentation: "batches are stored as their producers compressed them"
    ) { text, _ in
      text == "producer" ? nil : "only producer is supported: batches are stored as they came"
    },
    .milliseconds(
      "delete.retention.ms", standard: 86_400_000,
      "how long compaction keeps a tombstone", \.tombstoneRetention),
    .milliseconds(
      "max.compaction.lag.ms", standard: Int64.max, in: 1...Int64.max,
      "after how long a record is compacted whatever the dirty ratio", \.compactionLag_max),
    .whole(
      "max.message.bytes", standard: 1_048_588, in: 0...Int64(Int32.max), type: .int32,
      "the largest record batch, in bytes", \.batch_bytes_max),
    TopicSetting(
      name: "message.timestamp.type", standard: "CreateTime", type: .string,
      documentation: "whether a record's time is its producer's or the broker's"
    ) { text, settings in
      settings.stampsOnAppend = text == "LogAppendTime"
      return ["CreateTime", "LogAppendTime"].contains(text) ? nil : "must be CreateTime or LogAppendTime"
    },
    TopicSetting(
      name: "min.cleanable.dirty.ratio", standard: "0.5", type: .double,
      documentation: "which share of a log must be new before it is compacted"
    ) { text, settings in
      guard let ratio = Double(text), (0...1).contains(ratio) else { return "must be between 0 and 1" }
      settings.dirtyRatio_min = ratio
      return nil
    },
    .milliseconds(
      "min.compaction.lag.ms", standard: 0, "how long a record is safe from compaction", \.compactionLag),
    TopicSetting(
      name: "min.insync.replicas", standard: "1", type: .int32,
      documentation: "accepted for the sake of clients: one broker has one replica"
    ) { text, _ in Int32(text).map { $0 >= 1 } ?? false ? nil : "must be a whole number from 1 on" },
    TopicSetting(
      name: "retention.bytes", standard: "-1", type: .int64,
      documentation: "how large a partition may grow before its oldest segments go; -1: no limit"
    ) { text, settings in
      guard let bytes = Int64(text), bytes >= -1 else { return "must be a whole number from -1 on" }
      settings.retention_bytes = bytes < 0 ? nil : bytes
      return nil
    },
    TopicSetting(
      name: "retention.ms", standard: "604800000", type: .int64,
      documentation: "how old a record grows before its segment goes; -1: for ever"
    ) { text, settings in
      guard let age_ms = Int64(text), age_ms >= -1 else { return "must be a whole number from -1 on" }
      settings.retention = age_ms < 0 ? nil : .milliseconds(age_ms)
      return nil
    },
    .whole(
      "segment.bytes", standard: 1 << 30, in: 14...Int64(Int32.max), type: .int32,
      "how large a segment grows before the next begins", \.segment_bytes),
    .milliseconds(
      "segment.ms", standard: 604_800_000, in: 1...Int64.max,
      "how old a segment grows before the next begins", \.segmentAge),
  ]

  private static func whole(
    _ name: String, standard: Int64, in range: ClosedRange<Int64>,
    type: DescribeConfigsResponse.ConfigType, _ documentation: String,
    _ target: any WritableKeyPath<TopicSettings, Int64> & Sendable
  ) -> TopicSetting {
    TopicSetting(name: name, standard: String(standard), type: type, documentation: documentation) {
      text, settings in
      guard let value = Int64(text), range.contains(value) else {
        return "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
      }
      settings[keyPath: target] = value
      return nil
    }
  }

  private static func milliseconds(
    _ name: String, standard: Int64, in range: ClosedRange<Int64> = 0...Int64.max,
    _ documentation: String, _ target: any WritableKeyPath<TopicSettings, Duration> & Sendable
  ) -> TopicSetting {
    TopicSetting(name: name, standard: String(standard), type: .int64, documentation: documentation) {
      text, settings in
      guard let value = Int64(text), range.contains(value) else {
        return "must be a whole number of milliseconds from \(range.lowerBound) on"
      }
      settings[keyPath: target] = .milliseconds(value)
      return nil
    }
  }
}
