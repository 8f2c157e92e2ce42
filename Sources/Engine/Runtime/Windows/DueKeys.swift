// Which keys' windows have something to do at which moment of event time. Windows of many keys end together,
// so keys are packed by moment into rows: a timer for each would cost two changelog records and a place in a
// heap for every key and window.
public import Basics

/// Keys by the moment at which they are due, in the order in which they were added. Used on its task's
/// thread.
public final class DueKeys<Key: StorableKey> {
  /// A moment's keys stand in rows that are full at about this many bytes: each epoch writes the last one
  /// anew.
  @usableFromInline static var rowBytes: Int { 1024 }

  @usableFromInline struct Moment {
    @usableFromInline var time: Int64
    @usableFromInline var rows: Int
    /// Of the last row.
    @usableFromInline var bytes: Int

    @usableFromInline init(time: Int64, rows: Int, bytes: Int) {
      (self.time, self.rows, self.bytes) = (time, rows, bytes)
    }
  }

  @usableFromInline let rows: KeyValueStore<DueRow, [UInt8]>
  /// In order; made from the rows at first use.
  @usableFromInline var moments: [Moment] = []
  @usableFromInline var isLoaded = false

  @inlinable public init(_ name: String) { rows = KeyValueStore(name, memory: 8 << 20) }

  /// What the processor lists among its stores.
  public var store: any TaskStore { rows }

  /// The first moment at which any key is due.
  @inlinable public var next: Int64? {
    if !isLoaded { load() }
    return moments.first?.time
  }

  @inlinable public func add(_ key: Key, at time: Int64) {
    if !isLoaded { load() }
    var index = moments.count
    while index > 0, moments[index - 1].time > time { index -= 1 }
    if index == 0 || moments[index - 1].time < time {
      moments.insert(Moment(time: time, rows: 1, bytes: 0), at: index)
      index += 1
    }
    if moments[index - 1].bytes >= Self.rowBytes {
      moments[index - 1].rows += 1
      moments[index - 1].bytes = 0
    }
    let row = DueRow(time: time, number: UInt32(moments[index - 1].rows - 1))
    moments[index - 1].bytes = rows.update(row) { kept in
      var bytes = kept.take() ?? []
      let start = bytes.count
      bytes.append(littleEndian: UInt32(0))
      key.store(into: &bytes)
      bytes.put(UInt32(bytes.count - start - 4), at: start)
      let count = bytes.count
      kept = consume bytes
      return count
    }
  }

  /// Takes the keys of the first moment.
  @inlinable public func take() -> [Key] {
    let moment = moments.removeFirst()
    var keys: [Key] = []
    for number in 0..<moment.rows {
      rows.update(DueRow(time: moment.time, number: UInt32(number))) { kept in
        guard let bytes = kept.take() else { return }
        var reader = unsafe ByteReader(bytes.span.bytes)
        while let field = reader.field() {
          if let key = Key(stored: field) { keys.append(key) }
        }
      }
    }
    return keys
  }

  @usableFromInline func load() {
    isLoaded = true
    rows.forEachInOrder { row, keys in
      if moments.last?.time == row.time {
        moments[moments.count - 1].rows = Int(row.number) + 1
        moments[moments.count - 1].bytes = keys.count
      } else {
        moments.append(Moment(time: row.time, rows: Int(row.number) + 1, bytes: keys.count))
      }
    }
  }
}

/// One row of a moment's keys.
@usableFromInline struct DueRow: StorableKey {
  @usableFromInline var time: Int64
  @usableFromInline var number: UInt32

  @usableFromInline init(time: Int64, number: UInt32) {
    self.time = time
    self.number = number
  }

  /// Bytes that sort as moments do, then as numbers do.
  @usableFromInline func store(into bytes: inout [UInt8]) {
    (UInt64(bitPattern: time) ^ 1 << 63).store(into: &bytes)
    bytes.append(littleEndian: number.byteSwapped)
  }

  @usableFromInline init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let time = reader.integer(UInt64.self), let number = reader.integer(UInt32.self), reader.isAtEnd
    else { return nil }
    self.time = Int64(bitPattern: time.byteSwapped ^ 1 << 63)
    self.number = number.byteSwapped
  }
}

extension [UInt8] {
  /// Puts a number, least significant byte first, where bytes have been left for it.
  @usableFromInline mutating func put(_ number: UInt32, at start: Int) {
    for place in 0..<4 { self[start + place] = UInt8(truncatingIfNeeded: number >> (8 * UInt32(place))) }
  }
}
