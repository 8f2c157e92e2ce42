// A pull parser over borrowed bytes: the caller asks for what it expects, one value after another. Strict
// (RFC 8259, well-formed UTF-8, paired surrogates), iterative, no allocation; what it hands out are ranges.
//
// A name that occurs twice in an object is handed out twice: whoever looks for names refuses the second, as
// the decoder of events does; names that nobody looks for may repeat (docs/events.md).

/// The six kinds of JSON values, with true and false told apart.
public enum JSONKind: UInt8, Sendable {
  case object, array, string, number, yes, no, null
}

/// A place in JSON text, with the nesting that led there.
public struct JSONReader: ~Escapable {
  /// One bit per level in the two sets below; no event comes near it.
  public static let depthMax = 64
  /// Positions fit in 32 bits; no topic takes records of this size.
  public static let bytesMax = 1 << 30

  public let bytes: RawSpan
  public internal(set) var position = 0
  public private(set) var depth = 0
  /// By level, the innermost lowest: whether it is an object, and whether a member has been met in it.
  private var objects: UInt64 = 0
  private var begun: UInt64 = 0

  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan) { self.bytes = bytes }

  /// Whether the innermost container is an object.
  public var isInObject: Bool { depth > 0 && objects & 1 == 1 }

  @inline(__always) func byte(at position: Int) -> UInt8 {
    unsafe bytes.unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)
  }

  /// The next byte that is not white space, not taken.
  @inline(__always) @_lifetime(self: copy self)
  mutating func peek() throws(JSONFault) -> UInt8 {
    while position < bytes.byteCount {
      let next = byte(at: position)
      guard next <= 0x20 else { return next }
      guard next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 else {
        throw JSONFault(.unexpectedByte, at: position)
      }
      position += 1
    }
    throw JSONFault(.endsTooEarly, at: position)
  }

  /// The kind of the value that comes next, told by its first byte.
  @inline(__always) @_lifetime(self: copy self)
  public mutating func kind() throws(JSONFault) -> JSONKind {
    switch try peek() {
    case UInt8(ascii: "\""): .string
    case UInt8(ascii: "{"): .object
    case UInt8(ascii: "["): .array
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): .number
    case UInt8(ascii: "t"): .yes
    case UInt8(ascii: "f"): .no
    case UInt8(ascii: "n"): .null
    default: throw JSONFault(.unexpectedByte, at: position)
    }
  }
}

// MARK: - Containers

extension JSONReader {
  @_lifetime(self: copy self)
  public mutating func enterObject() throws(JSONFault) {
    try enter(.object)
    objects |= 1
  }

  @_lifetime(self: copy self)
  public mutating func enterArray() throws(JSONFault) { try enter(.array) }

  @inline(__always) @_lifetime(self: copy self)
  private mutating func enter(_ expected: JSONKind) throws(JSONFault) {
    guard try kind() == expected else { throw JSONFault(.unexpectedKind, at: position) }
    guard bytes.byteCount <= Self.bytesMax else { throw JSONFault(.tooLong, at: 0) }
    guard depth < Self.depthMax else { throw JSONFault(.tooDeep, at: position) }
    position += 1
    depth += 1
    objects <<= 1
    begun <<= 1
  }

  /// The next member's name, its value being next; nil when the object has ended, which leaves it.
  @inline(__always) @_lifetime(self: copy self)
  public mutating func nextName() throws(JSONFault) -> JSONString? {
    precondition(isInObject, "a name outside an object")
    guard try goesOn(until: UInt8(ascii: "}")) else { return nil }
    guard try peek() == UInt8(ascii: "\"") else { throw JSONFault(.unexpectedByte, at: position) }
    let name = try string()
    guard try peek() == UInt8(ascii: ":") else { throw JSONFault(.unexpectedByte, at: position) }
    position += 1
    return name
  }

  /// Whether another element is next; when there is none the array has been left.
  @inline(__always) @_lifetime(self: copy self)
  public mutating func nextElement() throws(JSONFault) -> Bool {
    precondition(depth > 0 && !isInObject, "an element outside an array")
    return try goesOn(until: UInt8(ascii: "]"))
  }

  @inline(__always) @_lifetime(self: copy self)
  private mutating func goesOn(until end: UInt8) throws(JSONFault) -> Bool {
    let next = try peek()
    if next == end {
      position += 1
      depth -= 1
      objects >>= 1
      begun >>= 1
      return false
    }
    if begun & 1 == 1 {
      guard next == UInt8(ascii: ",") else { throw JSONFault(.unexpectedByte, at: position) }
      position += 1
      // Behind a comma the container cannot end.
      guard try peek() != end else { throw JSONFault(.unexpectedByte, at: position) }
    }
    begun |= 1
    return true
  }
}

// MARK: - Literals and whole values

extension JSONReader {
  @_lifetime(self: copy self)
  public mutating func boolean() throws(JSONFault) -> Bool {
    switch try kind() {
    case .yes:
      try take("true")
      return true
    case .no:
      try take("false")
      return false
    default: throw JSONFault(.unexpectedKind, at: position)
    }
  }

  @_lifetime(self: copy self)
  public mutating func null() throws(JSONFault) {
    guard try kind() == .null else { throw JSONFault(.unexpectedKind, at: position) }
    try take("null")
  }

  @_lifetime(self: copy self)
  private mutating func take(_ word: StaticString) throws(JSONFault) {
    for index in 0..<word.utf8CodeUnitCount {
      let place = position + index
      guard place < bytes.byteCount else { throw JSONFault(.endsTooEarly, at: place) }
      let wanted = unsafe word.utf8Start[index]
      guard byte(at: place) == wanted else {
        throw JSONFault(.unexpectedByte, at: place)
      }
    }
    position += word.utf8CodeUnitCount
  }

  /// Reads a whole value, checks it, and says where it stands.
  @discardableResult @_lifetime(self: copy self)
  public mutating func skip() throws(JSONFault) -> Range<Int> {
    _ = try peek()
    let (start, outside) = (position, depth)
    repeat {
      if depth > outside {
        if isInObject {
          guard try nextName() != nil else { continue }
        } else {
          guard try nextElement() else { continue }
        }
      }
      switch try kind() {
      case .object: try enterObject()
      case .array: try enterArray()
      case .string: _ = try string()
      case .number: _ = try number()
      case .yes, .no: _ = try boolean()
      case .null: try null()
      }
    } while depth > outside
    return start..<position
  }

  /// Refuses anything but white space behind the value.
  @_lifetime(self: copy self)
  public mutating func finish() throws(JSONFault) {
    while position < bytes.byteCount {
      let next = byte(at: position)
      guard next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 else {
        throw JSONFault(.trailingBytes, at: position)
      }
      position += 1
    }
  }
}
