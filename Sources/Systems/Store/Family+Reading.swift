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
    let last = key(before: upper)
    try unsafe checked { status in
      unsafe lower.withCharacters { lower, lowerCount in
        unsafe last.span.bytes.withCharacters { upper, upperCount in
          unsafe rocksdb_delete_file_in_range_cf(
            handle.database, family, lower, lowerCount, upper, upperCount, status)
        }
      }
    }
  }
}

/// A key below `upper`, and above all but absurd ones that are: RocksDB counts the upper bound in.
private func key(before upper: RawSpan) -> [UInt8] {
  var key = unsafe upper.withUnsafeBytes { unsafe Array($0) }
  guard let last = key.popLast() else { return [] }
  if last > 0 { key += [last - 1] + Array(repeating: .max, count: 16) }
  return key
}
