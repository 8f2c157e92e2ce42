// A store's part of the database: where its rows stand, and how they are read and restored. It knows bytes
// only.
internal import Basics
internal import Store

/// What a store asks the database. Without one nothing is ever there, and the store lives in memory alone.
@usableFromInline struct StoreDisk: ~Copyable {
  let storeName: String
  /// Rows stand behind their segment's number, so that a segment is one range of keys.
  let isSegmented: Bool
  private var rows: StoreRows?
  private(set) var mark = WrittenMark()
  /// False while every row is in memory too, so that a key not found there is nowhere.
  @usableFromInline var holdsMore = false
  /// The first thing that went wrong; from then on every answer is that nothing is there.
  private(set) var failure: StoreError?
  /// Segments that have rows on disk, ascending.
  private var segments: [Int64] = []
  private(set) var oldestSegment = Int64.min
  private var restored = StoreBatch()
  /// Of the values that came from the changelog.
  private(set) var restoredSchemas: ClosedRange<UInt8>?

  /// Restored changes are written in batches of this size: large enough that a write's own cost vanishes.
  private static var restoreBatchBytes: Int { 1 << 20 }

  @usableFromInline init(storeName: String, isSegmented: Bool) {
    self.storeName = storeName
    self.isSegmented = isSegmented
  }

  @usableFromInline var isAttached: Bool { rows != nil }

  /// Entries changed by this seal or an earlier one may leave memory.
  @usableFromInline var writtenSeal: Int64 { mark.value }

  /// Makes `rows` the store's own; its entries in memory must be empty.
  mutating func attach(_ rows: StoreRows) throws(StoreError) {
    detach()
    self.rows = rows
    holdsMore = !(try rows.isEmpty())
    if isSegmented { segments = try storedSegments(of: rows) }
  }

  /// Lets go of the rows: the store is in memory alone again, and must be empty.
  mutating func detach() {
    rows = nil
    mark = WrittenMark()
    restored.removeAll()
    segments = []
    restoredSchemas = nil
    (holdsMore, failure, oldestSegment) = (false, nil, .min)
  }

  mutating func fail(_ error: StoreError) { failure = failure ?? error }

  @usableFromInline mutating func failUnreadable() { fail(unreadable) }

  private var unreadable: StoreError { .restore("the store \(storeName) holds bytes that it cannot read") }

  // MARK: Rows

  /// Where the row of `key` in `segment` stands.
  @usableFromInline func address(_ key: RawSpan, _ segment: Int64) -> [UInt8] {
    var address = isSegmented ? prefix(of: segment) : rows?.prefix ?? []
    address.append(span: key)
    return address
  }

  /// Most significant byte first, shifted to be without sign, so that rows sort by segment.
  private func prefix(of segment: Int64) -> [UInt8] {
    var bytes = rows?.prefix ?? []
    (UInt64(bitPattern: segment) ^ 1 << 63).store(into: &bytes)
    return bytes
  }

  /// Lends the row of `key` from its newest segment, if there is one; `body` answers whether it can be read.
  @usableFromInline mutating func find(_ key: [UInt8], _ body: (_ segment: Int64, _ row: RawSpan) -> Bool) {
    guard holdsMore, let rows, failure == nil else { return }
    do throws(StoreError) {
      try writeRestored()
      for segment in isSegmented ? segments.reversed() : [0] where segment >= oldestSegment {
        let address = unsafe address(key.span.bytes, segment)
        let isFound = try unsafe rows.family.withValue(of: address.span.bytes) { (row) throws(StoreError) in
          guard let row else { return false }
          guard body(segment, row) else { throw unreadable }
          return true
        }
        if isFound { return }
      }
    } catch {
      fail(error)
    }
  }

  /// Lends every row in the order of keys, with what stands behind the partition, until `body` cannot read
  /// one.
  @usableFromInline mutating func forEachRow(_ body: (_ key: [UInt8], _ row: RawSpan) -> Bool) {
    guard holdsMore, let rows, failure == nil else { return }
    do throws(StoreError) {
      try writeRestored()
      var cursor = rows.cursor()
      while try cursor.next() {
        var key: [UInt8] = []
        key.append(span: cursor.key.extracting(droppingFirst: rows.prefix.count))
        guard body(key, cursor.value) else { throw unreadable }
      }
    } catch {
      fail(error)
    }
  }

  // MARK: Restoring

  /// Applies a change from the changelog to the rows.
  @usableFromInline mutating func restore(_ key: RawSpan, _ segment: Int64, _ value: RawSpan?) {
    guard isAttached, failure == nil, segment >= oldestSegment else { return }
    let address = address(key, segment)
    if let value {
      unsafe restored.append(.put, address.span.bytes, value)
      noteSegment(segment)
    } else {
      unsafe restored.append(.delete, address.span.bytes)
    }
    holdsMore = true
    guard restored.byteCount >= Self.restoreBatchBytes else { return }
    do throws(StoreError) { try writeRestored() } catch { fail(error) }
  }

  /// A value begins with its schema version.
  @usableFromInline mutating func noteSchema(of value: RawSpan) {
    guard value.byteCount > 0 else { return }
    let version = unsafe value.unsafeLoad(as: UInt8.self)
    let known = restoredSchemas ?? version...version
    restoredSchemas = min(known.lowerBound, version)...max(known.upperBound, version)
  }

  mutating func writeRestored() throws(StoreError) {
    guard !restored.isEmpty, let rows else { return }
    var batch = WriteBatch()
    restored.add(to: &batch, rows.family)
    try rows.family.write(batch)
    restored.removeAll()
  }

  // MARK: Segments

  @usableFromInline mutating func noteSegment(_ segment: Int64) {
    guard isSegmented, segments.last != segment, !segments.contains(segment) else { return }
    segments.append(segment)
    segments.sort()
  }

  /// True when segments have just become too old to be kept.
  mutating func raiseOldest(to segment: Int64) -> Bool {
    guard segment > oldestSegment else { return false }
    oldestSegment = segment
    return true
  }

  /// The range of rows that are too old, nil when there are none.
  mutating func takeExpired() -> (lower: [UInt8], upper: [UInt8])? {
    guard let first = segments.first, first < oldestSegment else { return nil }
    segments.removeAll { $0 < oldestSegment }
    return (prefix(of: first), prefix(of: oldestSegment))
  }

  private func storedSegments(of rows: StoreRows) throws(StoreError) -> [Int64] {
    var found: [Int64] = []
    var from: [UInt8]?
    while true {
      var cursor = rows.cursor(from: from)
      guard try cursor.next() else { return found }
      guard let segment = Self.segment(of: cursor.key.extracting(droppingFirst: rows.prefix.count)) else {
        throw .restore("a row of the store \(storeName) has no segment")
      }
      found.append(segment)
      if segment == .max { return found }
      from = prefix(of: segment + 1)
    }
  }

  /// Of what stands behind the partition.
  static func segment(of address: RawSpan) -> Int64? {
    guard address.byteCount >= 8 else { return nil }
    return UInt64(stored: address.extracting(first: 8)).map { Int64(bitPattern: $0 ^ 1 << 63) }
  }
}
