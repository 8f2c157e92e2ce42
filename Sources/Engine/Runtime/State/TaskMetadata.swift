// What the database says of one task: how far its rows have come, and in whose company. It is written in the
// same batch as the rows it speaks of.
public import Basics

/// The state of a task's stores on disk.
public struct TaskMetadata: Hashable, Sendable {
  /// A store's changelog, read up to `next`, and the oldest schema version its values may be in.
  public struct StorePosition: Hashable, Sendable {
    public var name: String
    public var next: Offset
    public var oldestSchema: UInt8

    public init(_ name: String, next: Offset, oldestSchema: UInt8) {
      self.name = name
      self.next = next
      self.oldestSchema = oldestSchema
    }
  }

  public var epoch: Epoch
  /// Of the bytes of that epoch's record.
  public var recordHash: UInt64
  /// Where that record stands in the epoch log; nil when the log was asked only whether it is there.
  public var recordOffset: Offset?
  public var clusterID: String
  /// By the wall clock.
  public var writtenAt: Timestamp
  /// In the order of the task's stores.
  public var stores: [StorePosition]

  public init(
    epoch: Epoch, recordHash: UInt64, recordOffset: Offset?, clusterID: String, writtenAt: Timestamp,
    stores: [StorePosition]
  ) {
    self.epoch = epoch
    self.recordHash = recordHash
    self.recordOffset = recordOffset
    self.clusterID = clusterID
    self.writtenAt = writtenAt
    self.stores = stores
  }
}

extension TaskMetadata: Storable {
  public static var schemaVersion: UInt8 { 2 }

  public func store(into bytes: inout [UInt8]) {
    bytes.append(Self.schemaVersion)
    bytes.append(littleEndian: epoch.rawValue)
    bytes.append(littleEndian: recordHash)
    bytes.append(littleEndian: recordOffset?.rawValue ?? -1)
    bytes.append(countedText: clusterID)
    bytes.append(littleEndian: writtenAt.rawValue)
    bytes.append(littleEndian: UInt32(stores.count))
    for store in stores {
      bytes.append(countedText: store.name)
      bytes.append(littleEndian: store.next.rawValue)
      bytes.append(store.oldestSchema)
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard reader.integer(UInt8.self) == Self.schemaVersion, let epoch = reader.integer(Int64.self),
      let hash = reader.integer(UInt64.self), let offset = reader.integer(Int64.self),
      let clusterID = reader.text(),
      let writtenAt = reader.integer(Int64.self), let count = reader.integer(UInt32.self)
    else { return nil }
    self.init(
      epoch: Epoch(epoch), recordHash: hash, recordOffset: offset < 0 ? nil : Offset(offset),
      clusterID: clusterID, writtenAt: Timestamp(milliseconds: writtenAt), stores: [])
    for _ in 0..<count {
      guard let name = reader.text(), let next = reader.integer(Int64.self),
        let oldest = reader.integer(UInt8.self)
      else { return nil }
      stores.append(StorePosition(name, next: Offset(next), oldestSchema: oldest))
    }
    guard reader.isAtEnd else { return nil }
  }
}
