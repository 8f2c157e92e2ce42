// Where a task's rows of one store stand: a store has one family in the process's database, and each task a
// range of keys in it. A family for each task would make a first start quadratic in their number, because
// RocksDB writes down the options of all families whenever one is made.
internal import Basics
internal import Store

/// The rows of one store of one task: those whose keys begin with the task's partition.
struct StoreRows: Sendable {
  let family: Family
  /// The partition, most significant byte first.
  let prefix: [UInt8]
  /// What the next partition's rows begin with.
  private let end: [UInt8]

  init(_ family: Family, of partition: PartitionID) {
    self.family = family
    let number = UInt32(bitPattern: partition.rawValue)
    (prefix, end) = (number.bigEndianBytes, (number + 1).bigEndianBytes)
  }

  static func familyName(_ processor: String, _ store: String) -> String { "\(processor).\(store)" }

  /// Over all rows, or those from `address` on.
  func cursor(from address: [UInt8]? = nil) -> Cursor {
    let lower = address ?? prefix
    return unsafe family.cursor(from: lower.span.bytes, to: end.span.bytes)
  }

  func isEmpty() throws(StoreError) -> Bool {
    var cursor = cursor()
    return !(try cursor.next())
  }

  func delete(in batch: inout WriteBatch) {
    unsafe batch.deleteRange(from: prefix.span.bytes, to: end.span.bytes, in: family)
  }

  /// Gives the disk space of deleted rows back.
  func deleteFiles() throws(StoreError) {
    try unsafe family.deleteFiles(from: prefix.span.bytes, to: end.span.bytes)
  }
}

extension UInt32 {
  fileprivate var bigEndianBytes: [UInt8] { unsafe withUnsafeBytes(of: bigEndian) { unsafe Array($0) } }
}
