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
    var text = text
    return text.withUTF8 { unsafe broken(by: $0) }
  }

  private static func broken(by bytes: UnsafeBufferPointer<UInt8>) -> SpamRule? {
    var (words, links, place): (Int, Int, Int) = (0, 0, 0)
    // The bytes of the first scalar, which all others must repeat for the first rule to be broken.
    var (first, scalars, isRepeated): (ArraySlice<UInt8>, Int, Bool) = ([], 0, true)
    let all = unsafe Array(bytes)
    while place < all.count {
      if isSpace(all[place]) {
        place += 1
        continue
      }
      let start = place
      while place < all.count, !isSpace(all[place]) { place += 1 }
      let word = all[start..<place]
      words += 1
      if word.first == UInt8(ascii: "h") || word.first == UInt8(ascii: "w"),
        linkBeginnings.contains(where: { word.starts(with: $0) })
      {
        links += 1
      }
      if first.isEmpty { first = word.prefix(1) + word.dropFirst().prefix { $0 & 0xC0 == 0x80 } }
      isRepeated = isRepeated && repeats(first, word)
      scalars += word.count / first.count
    }
    if isRepeated, scalars > 1, all.count >= oneCharacterBytesMin { return .oneCharacter }
    return links > linksMax || (links > 0 && links == words) ? .links : nil
  }

  private static let linkBeginnings = ["http://", "https://", "www."].map { Array($0.utf8) }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D
  }

  /// Whether `word` is `scalar` again and again.
  private static func repeats(_ scalar: ArraySlice<UInt8>, _ word: ArraySlice<UInt8>) -> Bool {
    guard word.count % scalar.count == 0 else { return false }
    for index in 0..<word.count
    where word[word.startIndex + index] != scalar[scalar.startIndex + index % scalar.count] {
      return false
    }
    return true
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
