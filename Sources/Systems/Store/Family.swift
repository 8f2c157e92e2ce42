// A named set of keys in a database: RocksDB's column family.
internal import CRocksDB

/// The open database itself; it closes when the last family and the last owner let go of it.
@safe final class Handle: @unchecked Sendable {
  // Unchecked: RocksDB takes calls on one handle from any thread.
  let database: OpaquePointer
  let options: Options

  init(_ database: OpaquePointer, _ options: Options) {
    unsafe self.database = unsafe database
    self.options = options
  }

  deinit { unsafe rocksdb_close(database) }

  func write(_ batch: borrowing WriteBatch) throws(StoreError) {
    let how = unsafe batch.isSynced ? options.syncedWrite : options.write
    let batch = unsafe batch.batch
    try unsafe checked { unsafe rocksdb_write(database, how, batch, $0) }
  }
}

/// One family's handle; it keeps the database open. Usable from any thread.
@safe public final class Family: @unchecked Sendable {
  // Unchecked: RocksDB takes calls on one handle from any thread.
  public let name: String
  let handle: Handle
  let family: OpaquePointer

  init(_ name: String, _ family: OpaquePointer, of handle: Handle) {
    self.name = name
    self.handle = handle
    unsafe self.family = unsafe family
  }

  /// As `Database.write`, of the family's database.
  public func write(_ batch: borrowing WriteBatch) throws(StoreError) { try handle.write(batch) }

  deinit { unsafe rocksdb_column_family_handle_destroy(family) }
}
