// Base64 (RFC 4648, with padding), as SCRAM's messages and the file of users carry bytes.

private let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

public func base64(_ bytes: [UInt8]) -> String {
  var text: [UInt8] = []
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let group = bytes[start..<min(start + 3, bytes.count)]
    let padded = Array(group) + [UInt8](repeating: 0, count: 3 - group.count)
    let word = padded.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    for index in 0..<4 {
      let digit = digits[Int(word >> UInt32(18 - 6 * index) & 63)]
      text.append(index <= group.count ? digit : UInt8(ascii: "="))
    }
  }
  return String(decoding: text, as: UTF8.self)
}

/// The bytes, or nil when the text is not what `base64` makes of any.
public func bytes(base64 text: some StringProtocol) -> [UInt8]? {
  var bytes: [UInt8] = []
  var (word, bits): (UInt32, Int) = (0, 0)
  for character in text.utf8 where character != UInt8(ascii: "=") {
    guard let value = digits.firstIndex(of: character) else { return nil }
    word = word << 6 | UInt32(value)
    bits += 6
    if bits >= 8 {
      bits -= 8
      bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
    }
  }
  // One form for each value, whatever a lenient reader would let pass.
  return base64(bytes) == text ? bytes : nil
}
