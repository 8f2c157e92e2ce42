// Changes that reach the disk all or none.
internal import CRocksDB

/// Changes over any families, collected in order; copies the bytes it is given.
@safe public struct WriteBatch: ~Copyable {
  let batch: OpaquePointer
  /// Its write returns when the disk has it and all that was written before, so that a loss of power takes
  /// neither.
  public var isSynced = false

  public init() { unsafe batch = rocksdb_writebatch_create() }

  deinit { unsafe rocksdb_writebatch_destroy(batch) }

  public var count: Int { Int(unsafe rocksdb_writebatch_count(batch)) }

  /// What it takes in memory and in the write-ahead log.
  public var byteCount: Int {
    var size = 0
    _ = unsafe rocksdb_writebatch_data(batch, &size)
    return size
  }

  public mutating func put(_ key: RawSpan, _ value: RawSpan, in family: Family) {
    unsafe key.withCharacters { key, keyCount in
      unsafe value.withCharacters { value, valueCount in
        unsafe rocksdb_writebatch_put_cf(batch, family.family, key, keyCount, value, valueCount)
      }
    }
  }

  public mutating func delete(_ key: RawSpan, in family: Family) {
    unsafe key.withCharacters { unsafe rocksdb_writebatch_delete_cf(batch, family.family, $0, $1) }
  }

  /// Deletes every key from `lower` up to, without, `upper`, at the cost of one change.
  public mutating func deleteRange(from lower: RawSpan, to upper: RawSpan, in family: Family) {
    unsafe lower.withCharacters { lower, lowerCount in
      unsafe upper.withCharacters { upper, upperCount in
        unsafe rocksdb_writebatch_delete_range_cf(
          batch, family.family, lower, lowerCount, upper, upperCount)
      }
    }
  }

  /// Empties it and keeps its memory.
  public mutating func removeAll() { unsafe rocksdb_writebatch_clear(batch) }
}

extension RawSpan {
  /// Lends the bytes as C takes them.
  @inline(__always)
  func withCharacters<Result: ~Copyable>(_ body: (UnsafePointer<CChar>?, Int) -> Result) -> Result {
    unsafe withUnsafeBytes { unsafe body($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count) }
  }
}
