// One pass over a text: at each place the forms are tried in a fixed order, the first that fits is
// replaced, and the search goes on behind it. A form begins only where no letter or digit stands in front
// of it, and ends only where none follows, so that parts of longer names and numbers are left alone.
internal import Basics

extension UInt8 {
  @inline(__always) var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }
  @inline(__always) var isLetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }
  @inline(__always) var isAlphanumeric: Bool { isDigit || isLetter }
  var isHexadecimal: Bool { isDigit || (self | 0x20) &- UInt8(ascii: "a") < 6 }
}

/// Finds and replaces; `run` returns the text without what it found.
struct PersonalDataScan {
  let bytes: [UInt8]
  /// Whether there can be an e-mail address or an IPv6 address at all: most texts have no @ and no colon.
  private let hasAt: Bool
  private let hasColon: Bool

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    hasAt = bytes.contains(UInt8(ascii: "@"))
    hasColon = bytes.contains(UInt8(ascii: ":"))
  }

  func byte(_ place: Int) -> UInt8 { place >= 0 && place < bytes.count ? bytes[place] : 0 }

  /// nil when nothing was found.
  func run() -> [UInt8]? {
    var (result, copied, place): ([UInt8], Int, Int) = ([], 0, 0)
    // Most bytes stand within a word, where no form begins.
    var isWithinWord = false
    while place < bytes.count {
      if !isWithinWord, let (end, name) = find(at: place) {
        result += bytes[copied..<place]
        result += name.utf8
        (copied, place) = (end, end)
        isWithinWord = byte(end - 1).isAlphanumeric
      } else {
        isWithinWord = bytes[place].isAlphanumeric
        place += 1
      }
    }
    guard copied > 0 else { return nil }
    return result + bytes[copied...]
  }

  private func find(at place: Int) -> (end: Int, name: String)? {
    let first = bytes[place]
    let before = byte(place - 1)
    if hasAt, isLocalPart(first), !isLocalPart(before), let end = endOfEmail(at: place) {
      return (end, "[EMAIL]")
    }
    if first.isLetter, let end = endOfIBAN(at: place) { return (end, "[IBAN]") }
    if hasColon, first.isHexadecimal || first == UInt8(ascii: ":"), before != UInt8(ascii: ":"),
      let end = endOfIPv6(at: place)
    {
      return (end, "[IP]")
    }
    guard first.isDigit || first == UInt8(ascii: "+") || first == UInt8(ascii: "(") else { return nil }
    if first.isDigit {
      if let end = endOfIPv4(at: place) { return (end, "[IP]") }
      if let end = endOfCard(at: place) { return (end, "[CARD]") }
      if let end = endOfGroups([3, 2, 4], separators: "-", at: place) { return (end, "[SSN]") }
    }
    if let end = endOfPhone(at: place) { return (end, "[PHONE]") }
    return nil
  }
}

// MARK: - E-mail

extension PersonalDataScan {
  private func isLocalPart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "%"), UInt8(ascii: "+"), UInt8(ascii: "-"): true
    default: byte.isAlphanumeric
    }
  }

  /// Letters, digits and `._%+-`, an @, labels of letters, digits and hyphens with dots between, the last of
  /// two letters or more. At most 64 bytes in front of the @.
  private func endOfEmail(at start: Int) -> Int? {
    var place = start
    while isLocalPart(byte(place)), place - start < 64 { place += 1 }
    guard place > start, byte(place) == UInt8(ascii: "@") else { return nil }
    var (label, end): (Int, Int?) = (place + 1, nil)
    while true {
      var next = label
      while byte(next).isAlphanumeric || byte(next) == UInt8(ascii: "-") { next += 1 }
      guard next > label else { return end }
      if label > place + 1 {
        let letters = (label..<next).prefix { byte($0).isLetter }.count
        if letters >= 2, letters == next - label { end = next }
      }
      guard byte(next) == UInt8(ascii: ".") else { return end }
      label = next + 1
    }
  }
}

// MARK: - Numbers

extension PersonalDataScan {
  /// Groups of so many digits, one of `separators` between each two of them.
  private func endOfGroups(_ counts: [Int], separators: String, at start: Int) -> Int? {
    var place = start
    for (index, count) in counts.enumerated() {
      if index > 0 {
        guard separators.utf8.contains(byte(place)) else { return nil }
        place += 1
      }
      for _ in 0..<count {
        guard byte(place).isDigit else { return nil }
        place += 1
      }
    }
    return byte(place).isAlphanumeric ? nil : place
  }

  /// `+` and 8 to 15 digits (E.164), up to two spaces, dots, hyphens or brackets between two; or ten digits
  /// as North America writes them, `(555) 010-4477`, `555-010-4477`, `555.010.4477`, perhaps with `1-` in
  /// front.
  private func endOfPhone(at start: Int) -> Int? {
    if byte(start) == UInt8(ascii: "+") {
      return lastEnd(from: start + 1, separators: " .-()", separatorsMax: 2) { count, _ in
        (8...15).contains(count)
      }
    }
    if byte(start) == UInt8(ascii: "(") {
      guard (1...3).allSatisfy({ byte(start + $0).isDigit }), byte(start + 4) == UInt8(ascii: ")") else {
        return nil
      }
      let next = byte(start + 5) == UInt8(ascii: " ") ? start + 6 : start + 5
      return endOfGroups([3, 4], separators: "-. ", at: next)
    }
    return endOfGroups([3, 3, 4], separators: "-.", at: start)
      ?? endOfGroups([1, 3, 3, 4], separators: "-.", at: start)
  }

  /// 13 to 19 digits, single spaces or hyphens between them, whose check digit is right (Luhn, ISO/IEC
  /// 7812).
  private func endOfCard(at start: Int) -> Int? {
    lastEnd(from: start, separators: " -", separatorsMax: 1) { count, end in
      guard (13...19).contains(count) else { return false }
      var (sum, isDoubled) = (0, false)
      for digit in bytes[start..<end].reversed() where digit.isDigit {
        let value = Int(digit - UInt8(ascii: "0")) * (isDoubled ? 2 : 1)
        sum += value > 9 ? value - 9 : value
        isDoubled.toggle()
      }
      return sum % 10 == 0
    }
  }

  /// Digits with at most so many of `separators` between two of them: the last place, with no letter or digit
  /// behind it, at which `accepts` takes the digits so far: how many, and where they end.
  private func lastEnd(
    from start: Int, separators: String, separatorsMax: Int, _ accepts: (Int, Int) -> Bool
  ) -> Int? {
    var (place, end): (Int, Int) = (start, start)
    var (digits, found): (Int, Int?) = (0, nil)
    while digits < 20 {
      if byte(place).isDigit {
        digits += 1
        place += 1
        end = place
        if !byte(end).isAlphanumeric, accepts(digits, end) { found = end }
      } else if digits > 0, place - end < separatorsMax, separators.utf8.contains(byte(place)) {
        place += 1
      } else {
        break
      }
    }
    return found
  }

  /// Two letters, two digits and 11 to 30 letters or digits, perhaps in groups of four with spaces between,
  /// whose check digits are right (ISO 13616: the number they make is 1 modulo 97). The longest that is.
  private func endOfIBAN(at start: Int) -> Int? {
    guard byte(start).isLetter, byte(start + 1).isLetter, byte(start + 2).isDigit, byte(start + 3).isDigit
    else { return nil }
    var (characters, place, found): ([UInt8], Int, Int?) = ([], start, nil)
    while characters.count < 34 {
      if byte(place).isAlphanumeric {
        characters.append(byte(place))
        place += 1
        if !byte(place).isAlphanumeric, characters.count >= 15, Self.isIBAN(characters) { found = place }
      } else if byte(place) == UInt8(ascii: " "), characters.count % 4 == 0, byte(place - 1).isAlphanumeric {
        place += 1
      } else {
        break
      }
    }
    return found
  }

  private static func isIBAN(_ characters: [UInt8]) -> Bool {
    var remainder = 0
    for character in characters[4...] + characters[..<4] {
      if character.isDigit {
        remainder = (remainder * 10 + Int(character - UInt8(ascii: "0"))) % 97
      } else {
        remainder = (remainder * 100 + Int((character | 0x20) - UInt8(ascii: "a")) + 10) % 97
      }
    }
    return remainder == 1
  }
}

// MARK: - Network addresses

extension PersonalDataScan {
  /// Four numbers from 0 to 255 with dots between, and no fifth.
  private func endOfIPv4(at start: Int) -> Int? {
    guard byte(start - 1) != UInt8(ascii: ".") else { return nil }
    var place = start
    for index in 0..<4 {
      if index > 0 {
        guard byte(place) == UInt8(ascii: ".") else { return nil }
        place += 1
      }
      var (value, count) = (0, 0)
      while byte(place).isDigit, count < 4 {
        value = value * 10 + Int(byte(place) - UInt8(ascii: "0"))
        place += 1
        count += 1
      }
      guard (1...3).contains(count), value <= 255 else { return nil }
    }
    if byte(place) == UInt8(ascii: "."), byte(place + 1).isDigit { return nil }
    return byte(place).isAlphanumeric ? nil : place
  }

  /// Eight groups of one to four hexadecimal digits with colons between, or fewer with one `::` among them
  /// (RFC 4291) and two groups at least, so that times of day stay.
  private func endOfIPv6(at start: Int) -> Int? {
    var (place, groups, hasGap): (Int, Int, Bool) = (start, 0, false)
    while groups < 8 {
      var count = 0
      while byte(place).isHexadecimal, count < 5 {
        place += 1
        count += 1
      }
      if count > 4 { return nil }
      if count > 0 { groups += 1 }
      guard byte(place) == UInt8(ascii: ":") else { break }
      if byte(place + 1) == UInt8(ascii: ":") {
        if hasGap { return nil }
        hasGap = true
        place += 2
        if !byte(place).isHexadecimal { break }
      } else {
        if count == 0 || groups == 8 { return nil }
        guard byte(place + 1).isHexadecimal else { break }
        place += 1
      }
    }
    guard hasGap ? groups >= 2 && groups < 8 : groups == 8 else { return nil }
    return byte(place).isAlphanumeric || byte(place) == UInt8(ascii: ":") ? nil : place
  }
}
