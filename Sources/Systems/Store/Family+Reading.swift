// Reading: one key, or a range in order.
internal import CRocksDB

extension Family {
  /// Lends the value of `key`, nil when there is none; nothing is copied out of RocksDB.
  public func withValue<Result>(
    of key: RawSpan, _ body: (RawSpan?) throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    let slice = try unsafe checked { status in
      unsafe key.withCharacters {
        unsafe rocksdb_get_pinned_cf(handle.database, handle.options.read, family, $0, $1, status)
      }
    }
    guard let slice = unsafe slice else { return try body(nil) }
    defer { unsafe rocksdb_pinnableslice_destroy(slice) }
    var count = 0
    let start = unsafe rocksdb_pinnableslice_value(slice, &count)
    return try body(unsafe RawSpan(start, count: count))
  }

  /// The keys from `lower` up to, without, `upper`; a bound that is nil leaves that end open.
  public func cursor(from lower: RawSpan? = nil, to upper: RawSpan? = nil) -> Cursor {
    Cursor(self, from: lower, to: upper)
  }

  /// Deletes the files that lie wholly in the range, at once: the disk space of a deleted range, without
  /// waiting for it to be compacted away. Keys in other files stay.
  public func deleteFiles(from lower: RawSpan, to upper: RawSpan) throws(StoreError) {
    try unsafe checked { status in
      unsafe lower.withCharacters { lower, lowerCount in
        unsafe upper.withCharacters { upper, upperCount in
          unsafe rocksdb_delete_file_in_range_cf(
            handle.database, family, lower, lowerCount, upper, upperCount, status)
        }
      }
    }
  }
}
