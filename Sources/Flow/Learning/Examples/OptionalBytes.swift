// Values that may be absent, as the stored forms of this folder write them.
internal import Basics

/// A number as it was read, which may have been none.
struct OptionalNumber {
  var value: Double?
}

/// A text as it was read, which may have been none.
struct OptionalText {
  var value: String?
}

extension [UInt8] {
  /// A number, or none: NaN, which no event can say.
  mutating func append(optional number: Double?) {
    append(littleEndian: (number ?? .nan).bitPattern)
  }

  /// A text, or none: the greatest count.
  mutating func append(optional text: String?) {
    if let text { append(countedText: text) } else { append(littleEndian: UInt32.max) }
  }

  /// The value's bytes behind their count.
  mutating func append(counted value: some Storable) {
    let place = count
    append(littleEndian: UInt32(0))
    value.store(into: &self)
    setCount(at: place)
  }

  /// Writes at `place`, where four bytes have been kept free, how many bytes stand behind them.
  mutating func setCount(at place: Int) {
    let behind = UInt32(count - place - 4)
    for index in 0..<4 { self[place + index] = UInt8(truncatingIfNeeded: behind >> (8 * UInt32(index))) }
  }

  mutating func append(listOf texts: [String]) {
    append(littleEndian: UInt32(texts.count))
    texts.forEach { append(countedText: $0) }
  }
}

extension ByteReader {
  /// nil where the bytes end too early.
  @_lifetime(self: copy self)
  mutating func optionalNumber() -> OptionalNumber? {
    guard let bits = integer(UInt64.self) else { return nil }
    let number = Double(bitPattern: bits)
    return OptionalNumber(value: number.isNaN ? nil : number)
  }

  /// A value behind the count of its bytes.
  @_lifetime(self: copy self)
  mutating func counted<Value: Storable>(_ type: Value.Type = Value.self) -> Value? {
    guard let bytes = field() else { return nil }
    return Value(stored: bytes)
  }

  /// The next `count` bytes as numbers.
  @_lifetime(self: copy self)
  mutating func octets(_ count: Int) -> [UInt8]? {
    guard let bytes = bytes(count) else { return nil }
    return [UInt8](stored: bytes)
  }

  @_lifetime(self: copy self)
  mutating func optionalText() -> OptionalText? {
    guard let count = integer(UInt32.self) else { return nil }
    guard count != .max else { return OptionalText() }
    guard let content = bytes(Int(count)), let text = String(stored: content) else { return nil }
    return OptionalText(value: text)
  }

  @_lifetime(self: copy self)
  mutating func textList() -> [String]? {
    guard let count = integer(UInt32.self) else { return nil }
    var texts: [String] = []
    for _ in 0..<count {
      guard let text = text() else { return nil }
      texts.append(text)
    }
    return texts
  }
}
