// Writing JSON text (RFC 8259) into a buffer of bytes. Reading JSON is Systems/JSON's affair.

extension [UInt8] {
  /// Appends `text` as a JSON string, quoted and escaped.
  public mutating func appendJSON(_ text: String) {
    append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        append(UInt8(ascii: "\\"))
        append(byte)
      case UInt8(ascii: "\n"): append(contentsOf: "\\n".utf8)
      case UInt8(ascii: "\r"): append(contentsOf: "\\r".utf8)
      case UInt8(ascii: "\t"): append(contentsOf: "\\t".utf8)
      case 0..<0x20:
        append(contentsOf: byte < 0x10 ? "\\u000".utf8 : "\\u00".utf8)
        append(contentsOf: String(byte, radix: 16).utf8)
      default: append(byte)
      }
    }
    append(UInt8(ascii: "\""))
  }

  /// Appends a number in the shortest form that reads back equal; a value JSON cannot hold (NaN, infinity)
  /// becomes null.
  public mutating func appendJSON(_ number: Double) {
    append(contentsOf: number.isFinite ? number.description.utf8 : "null".utf8)
  }
}
