// Finding a name among a few dozen that are known: one multiplication, one comparison of bytes.

/// Names by number, in their order.
struct NameTable: Sendable {
  private struct Entry {
    var start: Int32
    var count: Int32
    /// -1 where free.
    var number: Int32
  }

  let names: [String]
  private var bytes: [UInt8] = []
  private var entries: [Entry]
  private let mask: Int

  init(_ names: [String]) {
    precondition(Set(names).count == names.count, "a name occurs twice")
    self.names = names
    var size = 4
    while size < names.count * 3 { size *= 2 }
    mask = size - 1
    entries = Array(repeating: Entry(start: 0, count: 0, number: -1), count: size)
    for (number, name) in names.enumerated() {
      let utf8 = Array(name.utf8)
      var place = Self.hash(unsafe utf8.span.bytes) & mask
      while entries[place].number >= 0 { place = (place + 1) & mask }
      entries[place] = Entry(start: Int32(bytes.count), count: Int32(utf8.count), number: Int32(number))
      bytes += utf8
    }
  }

  /// The number of the name, nil when it is not known.
  func find(_ name: borrowing JSONText) -> Int? {
    guard name.isEscaped else { return find(name.rawBytes) }
    let utf8 = Array(name.string.utf8)
    return unsafe find(utf8.span.bytes)
  }

  @inline(__always)
  private func find(_ name: RawSpan) -> Int? {
    let (entries, bytes) = (entries.span, unsafe bytes.span.bytes)
    var place = Self.hash(name) & mask
    while true {
      let entry = entries[place]
      if entry.number < 0 { return nil }
      if Int(entry.count) == name.byteCount, Self.equal(name, bytes, from: Int(entry.start)) {
        return Int(entry.number)
      }
      place = (place + 1) & mask
    }
  }

  /// From the first and the last bytes and their count: names that are known differ there.
  @inline(__always)
  private static func hash(_ name: RawSpan) -> Int {
    let count = name.byteCount
    var mixed = UInt64(truncatingIfNeeded: count)
    if count >= 8 {
      let first = unsafe name.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt64.self)
      let last = unsafe name.unsafeLoadUnaligned(fromUncheckedByteOffset: count - 8, as: UInt64.self)
      mixed = mixed &+ first &* 0x9E37_79B9_7F4A_7C15 ^ last
    } else {
      for place in 0..<count {
        mixed = mixed << 8 ^ UInt64(unsafe name.unsafeLoad(fromUncheckedByteOffset: place, as: UInt8.self))
      }
    }
    return Int(truncatingIfNeeded: (mixed &* 0xD6E8_FEB8_6659_FD93) >> 40)
  }

  @inline(__always)
  private static func equal(_ name: RawSpan, _ all: RawSpan, from start: Int) -> Bool {
    var place = 0
    while place &+ 8 <= name.byteCount {
      let word = unsafe name.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt64.self)
      let known = unsafe all.unsafeLoadUnaligned(fromUncheckedByteOffset: start + place, as: UInt64.self)
      guard word == known else { return false }
      place &+= 8
    }
    while place < name.byteCount {
      let byte = unsafe name.unsafeLoad(fromUncheckedByteOffset: place, as: UInt8.self)
      let known = unsafe all.unsafeLoad(fromUncheckedByteOffset: start + place, as: UInt8.self)
      guard byte == known else { return false }
      place &+= 1
    }
    return true
  }
}
