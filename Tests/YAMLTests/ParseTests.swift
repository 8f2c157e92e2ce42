// Trees with their positions, and what a hostile file is refused for.
import Basics
import Testing

@testable import YAML

func parse(_ text: String) throws(Diagnostics) -> Node { try parseYAML(Array(text.utf8), file: "a.yaml") }

func complaint(_ text: String) -> String {
  do throws(Diagnostics) {
    _ = try parse(text)
    return "none"
  } catch { return error.description }
}

/// One line a node: position, then what it is.
func outline(_ node: Node) -> [String] {
  switch node.content {
  case .scalar: ["\(node.position) \(node.kind)"]
  case .sequence(let items): ["\(node.position) list"] + items.flatMap(outline)
  case .mapping(let pairs):
    ["\(node.position) mapping"] + pairs.flatMap { ["\($0.keyPosition) key \($0.key)"] + outline($0.value) }
  }
}

@Suite struct ParseTests {
  @Test("every node has its line and column, counted in characters from 1")
  func positions() throws {
    let root = try parse("# c\ntopics:\n  - name: fëed\n    n: [1, {é: yes, x: true}]\n  - |\n    block\n")
    #expect(
      outline(root) == [
        "2:1 mapping", "2:1 key topics", "3:3 list", "3:5 mapping", "3:5 key name", "3:11 the text \"fëed\"",
        "4:5 key n", "4:8 list", "4:9 the number 1", "4:12 mapping", "4:13 key é", "4:16 the text \"yes\"",
        "4:21 key x", "4:24 true", "5:5 the text \"block\n\"",
      ])
  }

  @Test("quotes make text of what would be a number, true or nothing")
  func quoting() throws {
    #expect(
      try outline(parse("['1', \"true\", '', ~, null, 0x1F, 1.5]")).dropFirst().map { $0.dropFirst(4) } == [
        "the text \"1\"", "the text \"true\"", " the text \"\"", " nothing", " nothing", " the number 0x1F",
        " the number 1.5",
      ])
  }

  @Test("an empty document is nothing", arguments: ["", "# only a comment\n", "---\n", "---\n...\n"])
  func empty(text: String) throws { #expect(try parse(text).isNull) }

  @Test("an alias stands for its anchor")
  func alias() throws {
    #expect(try outline(parse("a: &x [1]\nb: *x")).suffix(2) == ["1:4 list", "1:8 the number 1"])
  }

  @Test("an alias bomb is refused before it unfolds")
  func aliasBomb() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1..<30 {
      let refers = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(refers)]\n"
    }
    #expect(complaint(text).contains("more than 100000 values"))
  }

  @Test("depth is bounded, by brackets, by indentation and by aliases in aliases")
  func depth() {
    #expect(complaint(String(repeating: "[", count: 100_000)).contains("nested more than 64 deep"))
    #expect(complaint(String(repeating: "- ", count: 5000)).contains("nested more than 64 deep"))
    let chain = (1..<100).map { "a\($0): &a\($0) [*a\($0 - 1)]\n" }.joined()
    #expect(complaint("a0: &a0 [x]\n" + chain).contains("nested more than 64 deep"))
    #expect(complaint(String(repeating: "[", count: 64) + String(repeating: "]", count: 64)) == "none")
  }

  @Test("a file that is too large is refused by its size")
  func size() {
    #expect(complaint(String(repeating: "#", count: Limit.bytes + 1)).hasPrefix("a.yaml: larger than 1 MiB"))
  }

  @Test("no mutation of a file traps or hangs", arguments: 0..<8 as Range<UInt64>)
  func mutations(seed: UInt64) {
    let whole = Array("a: &x [1, 'two', \"three\\u00e9\"]\nb:\n  - c: *x\n    ? d\n    : |\n      e\n".utf8)
    var random = SeededRandom(seed: seed)
    for _ in 0..<2000 {
      var bytes = whole
      for _ in 0...random.int(in: 0..<6) {
        let at = random.int(in: 0..<bytes.count)
        switch random.int(in: 0..<4) {
        case 0: bytes[at] ^= 1 << UInt8(random.int(in: 0..<8))
        case 1: bytes[at] = Array("&*[]{}:-?|>'\"%@#!,\n\t \0".utf8).randomElement(using: &random) ?? 0
        case 2: bytes.insert(contentsOf: Array(whole[random.int(in: 0..<whole.count)...]), at: at)
        default: bytes.removeSubrange(at..<min(bytes.count, at + 1 + random.int(in: 0..<4)))
        }
        if bytes.isEmpty { bytes = whole }
      }
      if let root = try? parseYAML(bytes, file: "a.yaml") { _ = outline(root) }
    }
  }
}
