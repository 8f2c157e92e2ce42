// RocksDB behind a safe face: families of keys, atomic batches, borrowed values. It survives kill -9 without
// a sync, because the kernel has every batch once `write` returns; what a loss of power takes away, the
// changelogs give back.
internal import CRocksDB
internal import Glibc
internal import Synchronization

/// One database in one folder. Calls may come from any thread; it closes when the last reference to it and to
/// its families is gone.
@safe public final class Database: Sendable {
  public let path: String
  private let handle: Handle
  private let families: Mutex<[String: Family]>

  /// Opens the database in the folder `path`, made if it is missing (its parent is not), with every family it
  /// has.
  public init(at path: String, _ settings: DatabaseSettings = DatabaseSettings()) throws(StoreError) {
    self.path = path
    let options = Options(settings)
    let names = try Self.familyNames(at: path, options)
    let (handle, opened) = try Self.open(path, names, options)
    self.handle = handle
    families = Mutex(Dictionary(uniqueKeysWithValues: opened.map { ($0.name, $0) }))
  }

  /// Removes a closed database from its folder, damaged or not.
  public static func destroy(at path: String) throws(StoreError) {
    let options = Options(DatabaseSettings())
    try unsafe checked { unsafe rocksdb_destroy_db(options.database, path, $0) }
  }

  /// The family `name`, created when there is none yet.
  public func family(_ name: String) throws(StoreError) -> Family {
    try families.withLock { (families) throws(StoreError) -> Family in
      if let family = families[name] { return family }
      let pointer = try unsafe checked {
        unsafe rocksdb_create_column_family(handle.database, handle.options.database, name, $0)
      }
      guard let pointer = unsafe pointer else { throw .fatal("no handle for the family \(name)") }
      let family = unsafe Family(name, pointer, of: handle)
      families[name] = family
      return family
    }
  }

  /// Every family's name, in order.
  public var familyNames: [String] { families.withLock { $0.keys.sorted() } }

  /// Removes a family with all its keys; the next `family` of that name is another, empty one.
  public func drop(_ family: Family) throws(StoreError) {
    families.withLock { _ = $0.removeValue(forKey: family.name) }
    try unsafe checked { unsafe rocksdb_drop_column_family(handle.database, family.family, $0) }
  }

  /// Writes all of `batch` or, when it throws, none of it.
  public func write(_ batch: borrowing WriteBatch) throws(StoreError) {
    try handle.write(batch)
  }

  /// Moves everything written so far into sorted files, so that the next start replays nothing.
  public func flush() throws(StoreError) {
    let options = unsafe rocksdb_flushoptions_create()
    defer { unsafe rocksdb_flushoptions_destroy(options) }
    for family in families.withLock({ Array($0.values) }) {
      try unsafe checked { unsafe rocksdb_flush_cf(handle.database, options, family.family, $0) }
    }
  }

  /// Memory held by write buffers, in bytes.
  public var writeBufferBytes: Int {
    families.withLock { families in
      families.values.reduce(0) { sum, family in
        var bytes: UInt64 = 0
        _ = unsafe rocksdb_property_int_cf(
          handle.database, family.family, "rocksdb.cur-size-all-mem-tables", &bytes)
        return sum + Int(clamping: bytes)
      }
    }
  }
}

extension Database {
  private static func familyNames(at path: String, _ options: Options) throws(StoreError) -> [String] {
    // RocksDB names its current manifest in this file; without it there is no database yet.
    guard unsafe access("\(path)/CURRENT", F_OK) == 0 else { return ["default"] }
    var count = 0
    var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = nil
    // There is a list to be freed even beside an error.
    defer { if let list = unsafe list { unsafe rocksdb_list_column_families_destroy(list, count) } }
    try unsafe checked {
      unsafe list = rocksdb_list_column_families(options.database, path, &count, $0)
    }
    return unsafe UnsafeBufferPointer(start: list, count: count).compactMap {
      unsafe $0.map { unsafe String(cString: $0) }
    }
  }

  private static func open(
    _ path: String, _ names: [String], _ options: Options
  ) throws(StoreError) -> (Handle, [Family]) {
    let copies = unsafe names.map { unsafe UnsafePointer(strdup($0)) }
    defer { unsafe copies.forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
    let same = unsafe names.map { _ in unsafe Optional(options.database) }
    var pointers = unsafe names.map { _ in unsafe OpaquePointer?.none }
    let database = try unsafe checked {
      unsafe rocksdb_open_column_families(
        options.database, path, Int32(names.count), copies, same, &pointers, $0)
    }
    guard let database = unsafe database else { throw .fatal("no handle for \(path)") }
    let handle = unsafe Handle(database, options)
    return (
      handle,
      unsafe zip(names, pointers).compactMap { name, pointer in
        unsafe pointer.map { unsafe Family(name, $0, of: handle) }
      }
    )
  }
}
