// What has to be published so that a configuration is in force on every partition of the control topic: pure,
// from what each partition holds.
internal import Basics

/// What one partition of the control topic holds.
public struct ControlPartition: Hashable, Sendable {
  /// The last configuration on it.
  public private(set) var configuration: Configuration?
  /// The contents whose records are on it.
  public private(set) var contents: Set<Configuration.ContentHash> = []

  public init() {}

  /// Takes note of the partition's next record. False when it is none that this build knows.
  public mutating func hear(key: [UInt8], value: [UInt8]) -> Bool {
    let key = String(decoding: key, as: UTF8.self)
    if key == Configuration.recordKey {
      guard let configuration = Configuration(decoding: value) else { return false }
      self.configuration = configuration
      return true
    }
    let hash = Configuration.hash(of: value)
    guard key == Configuration.fileKey(hash) else { return false }
    contents.insert(hash)
    return true
  }
}

/// The records to publish on each partition, in order.
public struct ConfigurationChange: Sendable {
  public struct Record: Hashable, Sendable {
    public var key: String
    public var value: [UInt8]
  }

  /// By partition; empty where the configuration is in force already.
  public let records: [[Record]]
  /// Paths that are new or have another content than on some partition, and paths that go.
  public let set: [String]
  public let removed: [String]

  public var isEmpty: Bool { records.allSatisfy(\.isEmpty) }

  /// `contents` are the files' contents by hash, as far as they are known here; what a partition holds
  /// already need not be among them.
  public init(
    to configuration: Configuration, _ contents: [Configuration.ContentHash: [UInt8]],
    on partitions: [ControlPartition]
  ) {
    var (set, removed): (Set<String>, Set<String>) = ([], [])
    records = partitions.map { partition in
      guard partition.configuration != configuration else { return [] }
      let before = partition.configuration?.files ?? [:]
      set.formUnion(configuration.files.filter { before[$0.key] != $0.value }.keys)
      removed.formUnion(before.keys.filter { configuration.files[$0] == nil })
      let missing = Set(configuration.files.values).subtracting(partition.contents).sorted()
      let files = missing.compactMap { hash in
        contents[hash].map { Record(key: Configuration.fileKey(hash), value: $0) }
      }
      precondition(files.count == missing.count, "a content that neither the topic nor the caller has")
      return files + [Record(key: Configuration.recordKey, value: configuration.encoded())]
    }
    self.set = set.sorted()
    self.removed = removed.sorted()
  }
}
