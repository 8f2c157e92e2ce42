// Personal data in texts that become examples (R14.7): found by their form alone, always alike, and
// replaced by what they were. docs/learning.md lists the forms; whoever reads it can find the same with
// regular expressions, and a test does.
internal import Basics
internal import Events

/// `text` with e-mail addresses, telephone, card and account numbers, network addresses and social security
/// numbers replaced by `[EMAIL]`, `[PHONE]`, `[CARD]`, `[IBAN]`, `[IP]` and `[SSN]`.
func redacted(_ text: String) -> String {
  var text = text
  let found = text.withUTF8 { bytes in
    guard unsafe mayHoldPersonalData(bytes) else { return nil as [UInt8]? }
    return unsafe PersonalDataScan(Array(bytes)).run()
  }
  return found.map { String(decoding: $0, as: UTF8.self) } ?? text
}

/// `text` redacted, and of what is longer than `bytesMax` its beginning, ending with a whole scalar.
func redacted(_ text: String, upTo bytesMax: Int) -> String {
  let whole = redacted(text)
  guard whole.utf8.count > bytesMax else { return whole }
  let bytes = Array(whole.utf8)
  var end = bytesMax
  while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
  return String(decoding: bytes[..<end], as: UTF8.self)
}

/// A text of an event, likewise; nil when there is none.
func redacted(_ text: consuming JSONText?, upTo bytesMax: Int) -> String? {
  guard let text else { return nil }
  return redacted(text.string, upTo: bytesMax)
}

/// Every form has a digit, a colon or an @, and many texts have none.
private func mayHoldPersonalData(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
  unsafe bytes.contains { $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: ":") || $0.isDigit }
}

/// `json`, the text of a JSON value, with the strings and numbers in it redacted; it stays JSON.
func redactedJSON(_ json: String) -> String {
  let bytes = Array(json.utf8)
  var result: [UInt8] = []
  result.reserveCapacity(bytes.count)
  var place = 0
  while place < bytes.count {
    let start = place
    if bytes[place] == UInt8(ascii: "\"") {
      place += 1
      while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
        place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
      }
      place = min(place + 1, bytes.count)
      // Escapes stay as they are: the forms have no character that JSON must escape.
      result += redacted(String(decoding: bytes[start..<place], as: UTF8.self)).utf8
    } else if bytes[place].isDigit {
      while place < bytes.count, bytes[place].isDigit { place += 1 }
      let number = String(decoding: bytes[start..<place], as: UTF8.self)
      let shown = redacted(number)
      result += (shown == number ? number : "\"\(shown)\"").utf8
    } else {
      result.append(bytes[place])
      place += 1
    }
  }
  return String(decoding: result, as: UTF8.self)
}
