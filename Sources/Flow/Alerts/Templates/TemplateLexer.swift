// A template cut into texts and actions, and actions into words.

/// A text, or what stands between `{{` and `}}`.
enum TemplatePiece {
  case text(String)
  case action([TemplateToken], offset: Int)
}

struct TemplateToken: Equatable {
  enum Kind: Equatable {
    /// A keyword or a function's name.
    case word(String)
    /// `$`, `$labels`.
    case variable(String)
    /// `.job`; `isJoined` when it follows what comes before without a blank.
    case field(String, isJoined: Bool)
    case text(String)
    case number(Double)
    case integer(Int)
    /// `.`, `|`, `(`, `)`, `,`, `:=`, `=`
    case symbol(String)
  }
  var kind: Kind
  var offset: Int
}

struct TemplateLexer {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  consuming func pieces() throws(Template.Fault) -> [TemplatePiece] {
    var pieces: [TemplatePiece] = []
    var text: [UInt8] = []
    while position < bytes.count {
      guard starts(with: "{{") else {
        text.append(bytes[position])
        position += 1
        continue
      }
      let start = position
      position += 2
      if starts(with: "-"), position + 1 < bytes.count, isBlank(bytes[position + 1]) {
        position += 1
        while let last = text.last, isBlank(last) { text.removeLast() }
      }
      if !text.isEmpty { pieces.append(.text(String(decoding: text, as: UTF8.self))) }
      text = []
      skipBlanks()
      let action = try starts(with: "/*") ? comment(from: start) : tokens(from: start)
      if let action { pieces.append(.action(action, offset: start)) }
    }
    if !text.isEmpty { pieces.append(.text(String(decoding: text, as: UTF8.self))) }
    return pieces
  }

  private func starts(with word: String) -> Bool { bytes[position...].starts(with: word.utf8) }
  private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private mutating func skipBlanks() {
    while position < bytes.count, isBlank(bytes[position]) { position += 1 }
  }

  /// Past the end of an action, and past the blanks after `-}}`.
  private mutating func takeEnd() -> Bool {
    if starts(with: "}}") {
      position += 2
      return true
    }
    if starts(with: "-}}") {
      position += 3
      skipBlanks()
      return true
    }
    return false
  }

  private mutating func comment(from start: Int) throws(Template.Fault) -> [TemplateToken]? {
    while position < bytes.count, !starts(with: "*/") { position += 1 }
    position = min(position + 2, bytes.count)
    skipBlanks()
    guard takeEnd() else { throw Template.Fault(offset: start, what: "a comment that is not closed") }
    return nil
  }

  private mutating func tokens(from start: Int) throws(Template.Fault) -> [TemplateToken]? {
    var tokens: [TemplateToken] = []
    var end = position
    while true {
      skipBlanks()
      if takeEnd() { return tokens }
      guard position < bytes.count else {
        throw Template.Fault(offset: start, what: "an action that is not closed", next: "close it with }}")
      }
      let offset = position
      tokens.append(
        TemplateToken(kind: try token(isJoined: offset == end && !tokens.isEmpty), offset: offset))
      end = position
    }
  }

  private mutating func token(isJoined: Bool) throws(Template.Fault) -> TemplateToken.Kind {
    let byte = bytes[position]
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "`"): return .text(try quoted(byte))
    case UInt8(ascii: "$"):
      position += 1
      return .variable(word())
    case UInt8(ascii: "."):
      guard position + 1 < bytes.count else { break }
      if isWordByte(bytes[position + 1]), !isDigit(bytes[position + 1]) {
        position += 1
        return .field(word(), isJoined: isJoined)
      }
      if isDigit(bytes[position + 1]) { return try number() }
    case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: if isWordByte(byte) { return .word(word()) }
    }
    for symbol in [":=", "=", ".", "|", "(", ")", ","] where starts(with: symbol) {
      position += symbol.utf8.count
      return .symbol(symbol)
    }
    let character =
      String(decoding: bytes[position...].prefix(4), as: UTF8.self).first.map(String.init) ?? "?"
    throw Template.Fault(offset: position, what: "unexpected \"\(character)\" in an action")
  }

  private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private func isWordByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte == UInt8(ascii: "_") || byte >= 0x80
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  private mutating func word() -> String {
    let start = position
    while position < bytes.count, isWordByte(bytes[position]) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func number() throws(Template.Fault) -> TemplateToken.Kind {
    let start = position
    position += 1
    while position < bytes.count, isWordByte(bytes[position]) || bytes[position] == UInt8(ascii: ".") {
      position += 1
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if let integer = Int(text) { return .integer(integer) }
    if let number = Double(text), number.isFinite { return .number(number) }
    throw Template.Fault(offset: start, what: "invalid number \"\(text)\"")
  }

  private mutating func quoted(_ quote: UInt8) throws(Template.Fault) -> String {
    let start = position
    position += 1
    var text: [UInt8] = []
    while position < bytes.count, bytes[position] != quote {
      if quote == UInt8(ascii: "\""), bytes[position] == UInt8(ascii: "\\"), position + 1 < bytes.count {
        position += 1
        switch bytes[position] {
        case UInt8(ascii: "n"): text.append(10)
        case UInt8(ascii: "t"): text.append(9)
        case UInt8(ascii: "r"): text.append(13)
        case UInt8(ascii: "\\"), UInt8(ascii: "\""): text.append(bytes[position])
        default: throw Template.Fault(offset: position - 1, what: "an unknown escape in a text")
        }
      } else {
        text.append(bytes[position])
      }
      position += 1
    }
    guard position < bytes.count else {
      throw Template.Fault(offset: start, what: "a text whose quote is not closed")
    }
    position += 1
    return String(decoding: text, as: UTF8.self)
  }
}
