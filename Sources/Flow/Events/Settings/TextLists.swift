// Lists of texts in settings: out of an event, into a store's bytes and back. A list that was not given is
// another thing than an empty one.
internal import Basics

extension Fields {
  /// The texts of a list; nil when it is not given.
  func texts(_ field: Names) -> [String]? {
    guard has(field) else { return nil }
    return (0..<count(field)).map { text(field, at: $0).string }
  }
}

/// A list as it was read, which may have been none.
struct TextList {
  var texts: [String]?
}

extension [UInt8] {
  /// Its count, in which the greatest number stands for none, and its texts.
  mutating func append(texts: [String]?) {
    append(littleEndian: texts.map { UInt32($0.count) } ?? .max)
    for text in texts ?? [] { append(countedText: text) }
  }
}

extension ByteReader {
  /// nil where the bytes end too early.
  @_lifetime(self: copy self)
  mutating func texts() -> TextList? {
    guard let count = integer(UInt32.self) else { return nil }
    guard count != .max else { return TextList(texts: nil) }
    var texts: [String] = []
    for _ in 0..<count {
      guard let text = text() else { return nil }
      texts.append(text)
    }
    return TextList(texts: texts)
  }
}
