// What tells one series from another: names and values, among them the metric's name as `__name__`. Kept as
// one run of bytes with its hash, because stores hold hundreds of thousands of them and evaluation compares
// them all the time. Names and values are compared as bytes: Unicode's equivalences are none of ours.
public import Basics

/// One label of a series.
public struct Label: Hashable, Sendable {
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  /// The label that holds the metric's name.
  public static let metricName = "__name__"

  /// Letters, digits and `_`, not beginning with a digit.
  public static func isName(_ name: String) -> Bool { isIdentifier(name, allowsColon: false) }
  /// As a label's name, and `:`, which recording rules use.
  public static func isMetricName(_ name: String) -> Bool { isIdentifier(name, allowsColon: true) }

  private static func isIdentifier(_ name: String, allowsColon: Bool) -> Bool {
    var isFirst = true
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
        break
      case UInt8(ascii: ":"): if !allowsColon { return false }
      case UInt8(ascii: "0")...UInt8(ascii: "9"): if isFirst { return false }
      default: return false
      }
      isFirst = false
    }
    return !isFirst
  }
}

/// An immutable set of labels, in the order of their names' bytes. A label with an empty value is absent.
public struct Labels: Sendable {
  /// For each label: count and bytes of the name, count and bytes of the value; counts in LEB128.
  private let bytes: [UInt8]
  private let hash: UInt64

  public static let none = Labels(encoded: [])

  /// The labels that are not empty; of two with one name the last counts.
  public init(_ labels: some Sequence<Label>) {
    let sorted = labels.enumerated().sorted { a, b in
      let (first, second) = (a.element.name.utf8, b.element.name.utf8)
      if first.elementsEqual(second) { return a.offset < b.offset }
      return first.lexicographicallyPrecedes(second)
    }
    var bytes: [UInt8] = []
    for (index, entry) in sorted.enumerated() {
      let isLast =
        index + 1 == sorted.count
        || !sorted[index + 1].element.name.utf8.elementsEqual(entry.element.name.utf8)
      if isLast, !entry.element.value.isEmpty {
        bytes.append(field: entry.element.name)
        bytes.append(field: entry.element.value)
      }
    }
    self.init(encoded: bytes)
  }

  /// Of names in the order of their bytes, each once, and of the value of each by its number.
  init(inOrder names: [String], _ value: (Int) -> ArraySlice<UInt8>) {
    var bytes: [UInt8] = []
    for (number, name) in names.enumerated() {
      let value = value(number)
      if value.isEmpty { continue }
      bytes.append(field: name)
      // Texts are cut to a length, perhaps within a scalar.
      if (try? UTF8Span(validating: value.span)) != nil {
        bytes.append(variableLength: UInt64(value.count))
        bytes += value
      } else {
        bytes.append(field: String(decoding: value, as: UTF8.self))
      }
    }
    self.init(encoded: bytes)
  }

  private init(encoded: [UInt8]) {
    bytes = encoded
    hash = unsafe XXH64.hash(encoded.span.bytes)
  }

  public var isEmpty: Bool { bytes.isEmpty }

  /// The value of a label, empty when it is absent.
  public subscript(name: String) -> String {
    var name = name
    return name.withUTF8 { wanted in
      for part in Parts(bytes) where unsafe bytes[part.name].elementsEqual(wanted) {
        return String(decoding: bytes[part.value], as: UTF8.self)
      }
      return ""
    }
  }

  public var metricName: String { self[Label.metricName] }

  /// The values of the labels that are not among `names`, in order.
  public func values(without names: LabelNames) -> [String] {
    Parts(bytes).compactMap {
      names.contains(bytes[$0.name]) ? nil : String(decoding: bytes[$0.value], as: UTF8.self)
    }
  }

  /// All labels, in order.
  public var all: [Label] {
    Parts(bytes).map {
      Label(String(decoding: bytes[$0.name], as: UTF8.self), String(decoding: bytes[$0.value], as: UTF8.self))
    }
  }
}

// MARK: - Making others

extension Labels {
  /// Only the labels with these names.
  public func keeping(_ names: LabelNames) -> Labels { filtered { names.contains($0) } }

  /// All labels but those with these names.
  public func dropping(_ names: LabelNames) -> Labels { filtered { !names.contains($0) } }

  /// With one label set, or taken away when `value` is empty.
  public func setting(_ name: String, to value: String) -> Labels { Labels(all + [Label(name, value)]) }

  private func filtered(_ isKept: (ArraySlice<UInt8>) -> Bool) -> Labels {
    var kept: [UInt8] = []
    var isWhole = true
    for part in Parts(bytes) {
      if isKept(bytes[part.name]) { kept += bytes[part.whole] } else { isWhole = false }
    }
    return isWhole ? self : Labels(encoded: kept)
  }
}

/// A set of labels' names, made once and asked often.
public struct LabelNames: Hashable, Sendable {
  private let names: [[UInt8]]
  public init(_ names: some Sequence<String>) { self.names = names.map { Array($0.utf8) } }

  func contains(_ name: ArraySlice<UInt8>) -> Bool { names.contains { $0.elementsEqual(name) } }
}

// MARK: - Comparing, storing, showing

extension Labels: Hashable, Comparable {
  public static func == (a: Labels, b: Labels) -> Bool { a.hash == b.hash && a.bytes == b.bytes }
  public func hash(into hasher: inout Hasher) { hasher.combine(hash) }

  /// By the first label that differs: its name, then its value; a set that ends earlier comes first.
  public static func < (a: Labels, b: Labels) -> Bool {
    var (first, second) = (Parts(a.bytes), Parts(b.bytes))
    while true {
      guard let right = second.next() else { return false }
      guard let left = first.next() else { return true }
      for (x, y) in [(left.name, right.name), (left.value, right.value)] {
        let (x, y) = (a.bytes[x], b.bytes[y])
        if !x.elementsEqual(y) { return x.lexicographicallyPrecedes(y) }
      }
    }
  }
}

extension Labels: StorableKey {
  public func store(into bytes: inout [UInt8]) { bytes += self.bytes }

  public init?(stored bytes: RawSpan) {
    guard let encoded = [UInt8](stored: bytes) else { return nil }
    var previous: ArraySlice<UInt8>?
    var end = 0
    for part in Parts(encoded) {
      let name = encoded[part.name]
      guard !part.value.isEmpty, previous.map({ $0.lexicographicallyPrecedes(name) }) ?? true,
        (try? UTF8Span(validating: name.span)) != nil,
        (try? UTF8Span(validating: encoded[part.value].span)) != nil
      else { return nil }
      (previous, end) = (name, part.whole.upperBound)
    }
    guard end == encoded.count else { return nil }
    self.init(encoded: encoded)
  }

  public var storedHash: UInt64 { hash }

  /// Whether these are the bytes that it is stored as.
  func isStored(as other: RawSpan) -> Bool {
    guard other.byteCount == bytes.count else { return false }
    return unsafe other.withUnsafeBytes { unsafe $0.elementsEqual(bytes) }
  }
}

extension Labels: CustomStringConvertible {
  /// As PromQL writes a selector: `up{job="learning-loop"}`.
  public var description: String {
    let name = metricName
    let rest = all.filter { $0.name != Label.metricName }
    if rest.isEmpty, !name.isEmpty { return name }
    var text = Array(name.utf8) + [UInt8(ascii: "{")]
    for (index, label) in rest.enumerated() {
      if index > 0 { text += ", ".utf8 }
      if Label.isName(label.name) { text += label.name.utf8 } else { text.appendJSON(label.name) }
      text.append(UInt8(ascii: "="))
      text.appendJSON(label.value)
    }
    return String(decoding: text + [UInt8(ascii: "}")], as: UTF8.self)
  }
}

// MARK: - Bytes

/// The places of the labels in the bytes of a set; ends early where bytes are not a set's.
private struct Parts: Sequence, IteratorProtocol {
  struct Part {
    var whole: Range<Int>
    var name: Range<Int>
    var value: Range<Int>
  }

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func next() -> Part? {
    let start = position
    guard let name = field(), let value = field() else { return nil }
    return Part(whole: start..<position, name: name, value: value)
  }

  private mutating func field() -> Range<Int>? {
    var (count, shift) = (0, 0)
    while position < bytes.count, shift < 35 {
      let byte = bytes[position]
      position += 1
      count |= Int(byte & 0x7F) << shift
      shift += 7
      guard byte < 0x80 else { continue }
      guard count <= bytes.count - position else { return nil }
      defer { position += count }
      return position..<position + count
    }
    return nil
  }
}

extension [UInt8] {
  fileprivate mutating func append(field text: String) {
    append(variableLength: UInt64(text.utf8.count))
    append(contentsOf: text.utf8)
  }
}
