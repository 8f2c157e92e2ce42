// Several texts in one block of bytes: what a store keeps of an event costs one allocation, however many
// fields it has, and its stored form is a copy of the block.
internal import Basics
internal import Events

/// Texts by number, each of them perhaps absent.
struct PackedTexts: Hashable, Sendable {
  /// Each text behind the count of its bytes; the greatest count stands for none.
  private(set) var bytes: [UInt8] = []

  private static var absent: UInt32 { .max }

  init() {}

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func reserve(_ byteCount: Int) { bytes.reserveCapacity(bytes.count + byteCount) }

  mutating func append(none: Void) { bytes.append(littleEndian: Self.absent) }

  mutating func append(_ text: String?) {
    guard let text else { return append(none: ()) }
    bytes.append(countedText: text)
  }

  /// Adds a text of at most `bytesMax` bytes; of a longer one its beginning. Returns whether it was cut.
  @discardableResult
  mutating func append(_ text: borrowing JSONText, upTo bytesMax: Int = .max) -> Bool {
    let place = bytes.count
    bytes.append(littleEndian: UInt32(0))
    text.append(to: &bytes)
    let isCut = bytes.count - place - 4 > bytesMax
    if isCut {
      var end = place + 4 + bytesMax
      // A scalar is kept whole or not at all.
      while bytes[end] & 0xC0 == 0x80 { end -= 1 }
      bytes.removeSubrange(end...)
    }
    bytes.setCount(at: place)
    return isCut
  }

  /// The text with that number; nil when it is absent or there are fewer.
  subscript(number: Int) -> String? {
    var reader = ByteReader(unsafe bytes.span.bytes)
    for _ in 0..<number { guard Self.pass(&reader) else { return nil } }
    return Self.take(&reader)
  }

  /// All from `first` on.
  func texts(from first: Int) -> [String?] {
    var reader = ByteReader(unsafe bytes.span.bytes)
    for _ in 0..<first { guard Self.pass(&reader) else { return [] } }
    var texts: [String?] = []
    while !reader.isAtEnd {
      guard let count = reader.integer(UInt32.self) else { break }
      if count == Self.absent {
        texts.append(nil)
      } else if let content = reader.bytes(Int(count)) {
        texts.append(String(stored: content))
      } else {
        break
      }
    }
    return texts
  }

  private static func pass(_ reader: inout ByteReader) -> Bool {
    guard let count = reader.integer(UInt32.self) else { return false }
    return count == absent || reader.bytes(Int(count)) != nil
  }

  private static func take(_ reader: inout ByteReader) -> String? {
    guard let count = reader.integer(UInt32.self), count != absent, let content = reader.bytes(Int(count))
    else { return nil }
    return String(stored: content)
  }
}
