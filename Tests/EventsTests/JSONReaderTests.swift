// The pull parser against RFC 8259: what it takes, what it refuses and where, and what numbers and strings
// mean.
import Basics
import Testing

@testable import Events

@Suite("JSON") struct JSONReaderTests {
  @Test(
    "what RFC 8259 allows is read",
    arguments: [
      (#"{"a":[1,-0,2.5e-3,true,false,null,{}],"b":{"c":"d"}}"#, nil),
      (" \t\r\n[ ]\n", .array([])), ("\"\"", .text("")), ("0", .number(0)), ("-1E+2", .number(-100)),
      (#""\"\\\/\b\f\n\r\t""#, .text("\"\\/\u{8}\u{c}\n\r\t")), (#""\u00e9\ud83d\ude00""#, .text("é😀")),
      ("\"é😀\u{7f}\u{ffff}\"", .text("é😀\u{7f}\u{ffff}")),
      (#"{"a\u0062":1}"#, .object(["ab": .number(1)])), (#"{"":0}"#, .object(["": .number(0)])),
      ("\"a string of more than eight bytes, with \\\"quotes\\\" behind them\"", nil),
      ("[9007199254740993,1e308]", .array([.number(9_007_199_254_740_992), .number(1e308)])),
    ] as [(String, JSONTree?)])
  func accepted(text: String, tree: JSONTree?) throws {
    let read = try JSONTree(text)
    if let tree { #expect(read == tree) }
    var reader = JSONReader(unsafe Array(text.utf8).span.bytes)
    try reader.skip()
    try reader.finish()
  }

  @Test(
    "what RFC 8259 forbids is refused, with the rule and the byte",
    arguments: [
      ("", .endsTooEarly, 0), ("  ", .endsTooEarly, 2), ("{", .endsTooEarly, 1), ("[1", .endsTooEarly, 2),
      ("[1,]", .unexpectedByte, 3), ("[,1]", .unexpectedByte, 1), ("[1 2]", .unexpectedByte, 3),
      ("{\"a\"}", .unexpectedByte, 4), ("{\"a\":}", .unexpectedByte, 5), ("{\"a\":1,}", .unexpectedByte, 7),
      ("{a:1}", .unexpectedByte, 1), ("{'a':1}", .unexpectedByte, 1), ("{1:2}", .unexpectedByte, 1),
      ("[1}", .unexpectedByte, 2), ("1 2", .trailingBytes, 2), ("{}}", .trailingBytes, 2),
      ("tru", .endsTooEarly, 3), ("trux", .unexpectedByte, 3), ("nul", .endsTooEarly, 3),
      ("True", .unexpectedByte, 0), ("NaN", .unexpectedByte, 0), ("Infinity", .unexpectedByte, 0),
      ("01", .invalidNumber, 1), ("-", .endsTooEarly, 1), ("-a", .invalidNumber, 1), ("1.", .endsTooEarly, 2),
      ("1.e1", .invalidNumber, 2), (".5", .unexpectedByte, 0), ("1e", .endsTooEarly, 2),
      ("1e+", .endsTooEarly, 3), ("+1", .unexpectedByte, 0), ("1e400", .numberTooLarge, 0),
      ("\"a", .endsTooEarly, 2), ("\"\u{1}\"", .controlCharacter, 1), ("\"\n\"", .controlCharacter, 1),
      (#""\x""#, .invalidEscape, 1), (#""\u12g4""#, .invalidEscape, 5), (#""\u12"#, .endsTooEarly, 5),
      (#""\ud800""#, .loneSurrogate, 1), (#""\udc00""#, .loneSurrogate, 1),
      (#""\ud800\u0041""#, .loneSurrogate, 1), (#""\udc00\udc00""#, .loneSurrogate, 1),
      ("\u{feff}1", .unexpectedByte, 0),
      ("// a\n1", .unexpectedByte, 0),
      ("\u{a0}1", .unexpectedByte, 0), ("0x1", .trailingBytes, 1), ("1.5.2", .trailingBytes, 3),
    ] as [(String, JSONFault.Rule, Int)])
  func refused(text: String, rule: JSONFault.Rule, position: Int) {
    #expect(throws: JSONFault(rule, at: position)) { try JSONTree(text) }
  }

  @Test(
    "bytes that are not UTF-8 are refused",
    arguments: [
      [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xC3], [0xE2, 0x82], [0xFF],
    ] as [[UInt8]])
  func notUTF8(bytes: [UInt8]) {
    // Behind enough plain bytes for the wide search, and at the very end.
    for before in [0, 3, 8, 13] {
      let text = [0x22] + [UInt8](repeating: 0x61, count: before) + bytes + [0x22]
      #expect(throws: JSONFault(.invalidUTF8, at: 1 + before)) { try JSONTree(text) }
    }
  }

  @Test("64 levels are read and the 65th is refused, entered or skipped")
  func depth() throws {
    let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    _ = try JSONTree(deep)
    #expect(throws: JSONFault(.tooDeep, at: 64)) { try JSONTree("[" + deep + "]") }
    let endless = Array(repeating: UInt8(ascii: "["), count: 1_000_000)
    #expect(throws: JSONFault(.tooDeep, at: 64)) { try JSONTree(endless) }
  }

  @Test("every number is the double that the standard library reads", arguments: [UInt64(1)])
  func numbers(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for _ in 0..<20_000 {
      var text = random.chance(1, in: 3) ? "-" : ""
      text += String(random.next() >> UInt64(random.int(in: 1..<64)))
      if random.chance(1, in: 2) { text += "." + String(random.next() >> UInt64(random.int(in: 1..<64))) }
      if random.chance(1, in: 3) { text += "e\(random.int(in: -320..<280))" }
      guard let expected = Double(text), expected.isFinite else { continue }
      let bytes = Array(text.utf8)
      var reader = JSONReader(unsafe bytes.span.bytes)
      let number = try reader.number()
      #expect(number.value == expected, "\(text)")
      if let whole = Int64(text) { #expect(number.whole == whole, "\(text)") }
    }
  }

  @Test(
    "a number is whole when its value is, however it is written",
    arguments: [
      ("4", 4), ("4.0", 4), ("40e-1", 4), ("4e0", 4), ("-0", 0), ("4.5", nil), ("1e300", nil),
      ("9223372036854775807", .max), ("9223372036854775808", nil), ("-9223372036854775807", -.max),
    ] as [(String, Int64?)])
  func whole(text: String, expected: Int64?) throws {
    let bytes = Array(text.utf8)
    var reader = JSONReader(unsafe bytes.span.bytes)
    #expect(try reader.number().whole == expected)
  }

  @Test(
    "a byte's pointer names the value that it belongs to",
    arguments: [
      ("{", ""), ("\"a\"", "/a"), ("1", "/a"), ("[", "/b"), ("true", "/b/0"), ("null", "/b/1/c"),
      ("\"x", "/b/1/d~1e~0"), ("9", "/f"),
    ])
  func pointers(mark: String, pointer: String) throws {
    let text = #" {"a":1,"b":[true,{"c":null,"d/e~":"x"}],"f":9}"#
    let bytes = Array(text.utf8)
    let start = try #require(text.firstRange(of: mark)).lowerBound
    let place = text.utf8.distance(from: text.startIndex, to: start)
    #expect(jsonPointer(to: place, in: unsafe bytes.span.bytes) == pointer)
  }

  @Test("where the text is broken, the pointer names what had begun there")
  func brokenPointers() {
    for (text, pointer) in [(#"{"a":[1,2x]}"#, "/a/1"), (#"{"a":{"b":"c}"#, "/a/b"), ("[[],[", "/1")] {
      let bytes = Array(text.utf8)
      do { _ = try JSONTree(bytes) } catch {
        #expect(jsonPointer(to: error.position, in: unsafe bytes.span.bytes) == pointer, "\(text)")
      }
    }
  }

  @Test("reading and skipping allocate nothing and agree on where a value ends")
  func skipping() throws {
    let bytes = Array(#"{"a":{"b":[1,{"c":"]}"}]},"d":2}"#.utf8)
    var reader = JSONReader(unsafe bytes.span.bytes)
    try reader.enterObject()
    _ = try reader.nextName()
    #expect(try reader.skip() == 5..<25)
    let name = try #require(try reader.nextName())
    #expect(name.string(in: reader.bytes) == "d")
    #expect(try reader.number().whole == 2)
    #expect(try reader.nextName() == nil)
    try reader.finish()
  }
}
