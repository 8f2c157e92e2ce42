// Reading a range in the order of its keys.
internal import CRocksDB

/// Walks over the keys of one range as they were when it was made; later writes do not show.
@safe public struct Cursor: ~Copyable {
  private let family: Family
  private let options: OpaquePointer
  private let iterator: OpaquePointer
  /// RocksDB keeps a pointer to the bound, so it stays where it is.
  private let bound: UnsafeMutableRawBufferPointer?
  private var started = false

  init(_ family: Family, from lower: RawSpan?, to upper: RawSpan?) {
    self.family = family
    unsafe options = rocksdb_readoptions_create()
    unsafe rocksdb_readoptions_set_fill_cache(options, 0)
    if let upper {
      let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: upper.byteCount, alignment: 1)
      unsafe upper.withUnsafeBytes { unsafe bytes.copyMemory(from: $0) }
      unsafe rocksdb_readoptions_set_iterate_upper_bound(
        options, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
      unsafe bound = unsafe bytes
    } else {
      unsafe bound = nil
    }
    unsafe iterator = rocksdb_create_iterator_cf(family.handle.database, options, family.family)
    if let lower {
      unsafe lower.withCharacters { unsafe rocksdb_iter_seek(iterator, $0, $1) }
    } else {
      unsafe rocksdb_iter_seek_to_first(iterator)
    }
  }

  deinit {
    unsafe rocksdb_iter_destroy(iterator)
    unsafe rocksdb_readoptions_destroy(options)
    unsafe bound?.deallocate()
  }

  /// Steps to the first or the next key; false behind the last one.
  public mutating func next() throws(StoreError) -> Bool {
    if started { unsafe rocksdb_iter_next(iterator) }
    started = unsafe rocksdb_iter_valid(iterator) != 0
    if !started { try unsafe checked { unsafe rocksdb_iter_get_error(iterator, $0) } }
    return started
  }

  /// The key stood on, borrowed until the next step.
  public var key: RawSpan {
    @_lifetime(borrow self)
    get {
      precondition(started, "a cursor that stands on no key")
      var count = 0
      let start = unsafe rocksdb_iter_key(iterator, &count)
      return unsafe _overrideLifetime(RawSpan(start, count: count), borrowing: self)
    }
  }

  /// The value of `key`, borrowed until the next step.
  public var value: RawSpan {
    @_lifetime(borrow self)
    get {
      precondition(started, "a cursor that stands on no key")
      var count = 0
      let start = unsafe rocksdb_iter_value(iterator, &count)
      return unsafe _overrideLifetime(RawSpan(start, count: count), borrowing: self)
    }
  }
}

extension RawSpan {
  /// Bytes as C returns them; empty where it returns no pointer.
  @_lifetime(immortal)
  init(_ start: UnsafePointer<CChar>?, count: Int) {
    unsafe self = _overrideLifetime(
      RawSpan(_unsafeBytes: UnsafeRawBufferPointer(start: start, count: count)), copying: ())
  }
}
