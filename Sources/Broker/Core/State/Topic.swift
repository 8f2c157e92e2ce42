// A topic as the broker remembers it: its logs and what was set for it.
import Basics
import BrokerProtocol

struct Topic: Sendable {
  let name: String
  let id: TopicID
  /// The log of each partition; the partition's number is the index.
  let logs: [LogID]
  /// What was set, ordered by name; all else stands at its default.
  let overrides: [ConfigValue]
  let settings: TopicSettings

  /// Settings that an older version accepted and this one does not fall back to the defaults.
  init(name: String, id: TopicID, logs: [LogID], overrides: [ConfigValue]) {
    self.name = name
    self.id = id
    self.logs = logs
    self.overrides = overrides.sorted { $0.name < $1.name }
    settings = (try? TopicSettings(overrides)) ?? TopicSettings()
  }

  func log(of partition: PartitionID) -> LogID? {
    let index = Int(partition.rawValue)
    return logs.indices.contains(index) ? logs[index] : nil
  }
}
