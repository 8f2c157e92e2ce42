// Finding a name among a few dozen that are known: one multiplication, and for names of at most sixteen bytes
// two comparisons of words.

/// Names by number, in their order.
struct NameTable: Sendable {
  private struct Entry {
    /// Of the name, as `ends` has them.
    var first: UInt64 = 0
    var last: UInt64 = 0
    /// In `bytes`.
    var start: Int32 = 0
    var count: Int32 = 0
    /// -1 where free.
    var number: Int32 = -1
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
    entries = Array(repeating: Entry(), count: size)
    for (number, name) in names.enumerated() {
      let utf8 = Array(name.utf8)
      let (first, last) = Self.ends(unsafe utf8.span.bytes)
      var place = Self.hash(first, last, utf8.count) & mask
      while entries[place].number >= 0 { place = (place + 1) & mask }
      entries[place] = Entry(
        first: first, last: last, start: Int32(bytes.count), count: Int32(utf8.count), number: Int32(number))
      bytes += utf8
    }
  }

  /// The number of the name, nil when it is not known.
  @inline(__always)
  func find(_ name: borrowing JSONText) -> Int? {
    name.isEscaped ? findEscaped(name.string) : find(name.rawBytes)
  }

  @inline(never)
  private func findEscaped(_ name: String) -> Int? {
    let utf8 = Array(name.utf8)
    return unsafe find(utf8.span.bytes)
  }

  @inline(__always)
  private func find(_ name: RawSpan) -> Int? {
    let entries = entries.span
    let (first, last) = Self.ends(name)
    var place = Self.hash(first, last, name.byteCount) & mask
    while true {
      let entry = entries[place]
      if entry.number < 0 { return nil }
      if entry.first == first, entry.last == last, Int(entry.count) == name.byteCount,
        name.byteCount <= 16 || middleEquals(name, from: Int(entry.start))
      {
        return Int(entry.number)
      }
      place = (place &+ 1) & mask
    }
  }

  /// The first and the last eight bytes, overlapping where there are fewer than sixteen; of fewer than eight
  /// the first and last four, or all of them, in one word.
  @inline(__always)
  private static func ends(_ name: RawSpan) -> (first: UInt64, last: UInt64) {
    let count = name.byteCount
    if count >= 8 {
      return unsafe (
        name.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt64.self),
        name.unsafeLoadUnaligned(fromUncheckedByteOffset: count &- 8, as: UInt64.self)
      )
    }
    if count >= 4 {
      let first = unsafe name.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt32.self)
      let last = unsafe name.unsafeLoadUnaligned(fromUncheckedByteOffset: count &- 4, as: UInt32.self)
      return (UInt64(first) << 32 | UInt64(last), 0)
    }
    var word: UInt64 = 0
    for place in 0..<count {
      word = word << 8 | UInt64(unsafe name.unsafeLoad(fromUncheckedByteOffset: place, as: UInt8.self))
    }
    return (word, 0)
  }

  /// Names that are known differ at their ends or in their count.
  @inline(__always)
  private static func hash(_ first: UInt64, _ last: UInt64, _ count: Int) -> Int {
    let mixed = (UInt64(truncatingIfNeeded: count) &+ first) &* 0x9E37_79B9_7F4A_7C15 ^ last
    return Int(truncatingIfNeeded: (mixed &* 0xD6E8_FEB8_6659_FD93) >> 40)
  }

  /// Whether what stands between the ends is the same, of a name that is long enough to have such.
  private func middleEquals(_ name: RawSpan, from start: Int) -> Bool {
    let known = unsafe bytes.span.bytes
    for place in 8..<name.byteCount &- 8 {
      let (a, b) = unsafe (
        name.unsafeLoad(fromUncheckedByteOffset: place, as: UInt8.self),
        known.unsafeLoad(fromUncheckedByteOffset: start + place, as: UInt8.self)
      )
      guard a == b else { return false }
    }
    return true
  }
}
