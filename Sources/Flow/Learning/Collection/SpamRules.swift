// What is no judgement of a person (R1.11, R14.9), told by fixed rules that look at the feedback and at
// what the same user gave before. No score, no learning: whoever is set aside can be told by which rule.
internal import Basics

/// The rules by which feedback is recognised as spam. Limits are per user and task: a user's feedback about
/// executions of another task is counted there.
public enum SpamRule: String, Sendable, CaseIterable {
  /// A text of one character, again and again: `aaaaaaaa`, `!!!!!!!!`.
  case oneCharacter = "the text repeats one character"
  /// A text of links alone, or with five of them.
  case links = "the text is links alone, or has more than four"
  /// The same text, of ten bytes or more, for the fourth time within an hour.
  case repeatedText = "the same text for the fourth time within an hour"
  /// More than five judgements stamped within one second: no hand is that fast.
  case burst = "more than five judgements within a second"

  static let repeatsMax = 3
  static let repeatedTextBytesMin = 10
  static let judgementsPerSecondMax = 5
  static let linksMax = 4
  static let oneCharacterBytesMin = 6
}

extension SpamRule {
  /// The rule that a text breaks by itself.
  static func broken(by text: String) -> SpamRule? {
    let words = text.split { $0 == " " || $0 == "\n" || $0 == "\t" || $0 == "\r" }
    let scalars = words.joined().unicodeScalars
    if let first = scalars.first, text.utf8.count >= oneCharacterBytesMin, scalars.count > 1,
      scalars.allSatisfy({ $0 == first })
    {
      return .oneCharacter
    }
    let links = words.count { $0.hasPrefix("http://") || $0.hasPrefix("https://") || $0.hasPrefix("www.") }
    return links > linksMax || (links > 0 && links == words.count) ? .links : nil
  }

  /// A hash of the text as it is compared: letters of ASCII in lower case, white space as one space. nil for
  /// texts that people repeat, as "thanks".
  static func fingerprint(_ text: String) -> UInt64? {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      let isSpace = byte == 0x20 || (0x09...0x0D).contains(byte)
      if isSpace, bytes.last == 0x20 || bytes.isEmpty { continue }
      bytes.append(isSpace ? 0x20 : (0x41...0x5A).contains(byte) ? byte | 0x20 : byte)
    }
    if bytes.last == 0x20 { bytes.removeLast() }
    return bytes.count >= repeatedTextBytesMin ? unsafe XXH64.hash(bytes.span.bytes) : nil
  }
}
