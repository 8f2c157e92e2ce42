// What the documents tell people to type: each command of this tool with its options, each target of make,
// each topic. Commands in blocks must be complete; those within a sentence may leave out what is required.
import Foundation
import Testing

@testable import ratchet

/// The README and the pages under docs.
enum Documents {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  static func paths() -> [String] {
    let docs = FileManager.default.enumerator(atPath: root.appendingPathComponent("docs").path)
    let pages = (docs?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".md") }
    return ["README.md"] + pages.sorted().map { "docs/\($0)" }
  }
}

/// What a document tells to type.
struct TypedLine: CustomStringConvertible {
  var path: String
  var number: Int
  var text: String
  /// In a block of its own, not within a sentence.
  var isWhole: Bool

  var description: String { "\(path):\(number): \(text)" }
}

/// The lines of a document's blocks of code and the spans of code in its sentences.
func typedLines(of text: String, path: String) -> [TypedLine] {
  var found: [TypedLine] = []
  var (inBlock, open) = (false, "")
  for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
    if line.drop(while: { $0 == " " }).hasPrefix("```") {
      inBlock.toggle()
      continue
    }
    let isIndented = line.hasPrefix("    ") && !line.contains("[ ]") && !line.contains("`")
    if inBlock || isIndented {
      open += line
      if open.hasSuffix("\\") {
        open.removeLast()
      } else {
        found.append(TypedLine(path: path, number: index + 1, text: open, isWhole: true))
        open = ""
      }
    } else {
      for span in line.matches(of: /`([^`]+)`/) {
        found.append(TypedLine(path: path, number: index + 1, text: String(span.1), isWhole: false))
      }
    }
  }
  return found
}

/// The words of the first command of a shell's line: up to a pipe, a redirection or a comment.
func shellWords(_ line: String) -> [String] {
  var words: [String] = []
  var (word, quote): (String, Character?) = ("", nil)
  for character in line + " " {
    if let open = quote {
      if character == open { quote = nil } else { word.append(character) }
    } else if character == "\"" || character == "'" {
      quote = character
    } else if character == " " {
      if !word.isEmpty { words.append(word) }
      word = ""
    } else if word.isEmpty, "|>#&;".contains(character) {
      break
    } else {
      word.append(character)
    }
  }
  return words
}

/// What is wrong with a line that runs this tool; nil when it is none or understood.
func complaint(about line: TypedLine) -> String? {
  var words = shellWords(line.text)[...]
  if words.first == "$" { words.removeFirst() }
  guard let tool = words.popFirst(), tool == "ratchet" || tool.hasSuffix("/ratchet"), !words.isEmpty,
    words.first?.allSatisfy({ $0.isLowercase || $0 == "-" }) == true
  else { return nil }
  do throws(UsageError) {
    _ = try Invocation(Array(words), among: commandTable, environment: { _ in nil })
    return nil
  } catch {
    let isIncomplete = !line.isWhole && error.description.contains("is missing")
    return isIncomplete ? nil : "\(line)\n  \(error)"
  }
}

@Suite struct DocumentTests {
  @Test("every command that the documents name is understood")
  func commands() throws {
    var count = 0
    for path in Documents.paths() {
      for line in typedLines(of: try Documents.text(path), path: path) {
        if line.text.contains("ratchet ") { count += 1 }
        if let complaint = complaint(about: line) { Issue.record("\(complaint)") }
      }
    }
    #expect(count > 100)
  }

  @Test("a command that is not there, a wrong option and an incomplete line are noticed, mentions are not")
  func noticed() {
    func said(_ text: String, whole: Bool = true) -> Bool {
      complaint(about: TypedLine(path: "a.md", number: 1, text: text, isWhole: whole)) != nil
    }
    #expect(said("ratchet tasks lst --data x"))
    #expect(said("$ ratchet tasks list --date x | head"))
    #expect(said("ratchet control apply"))
    #expect(!said("ratchet control apply", whole: false))
    #expect(!said("ratchet tasks list --data x   # what it does"))
    #expect(!said("ratchet COMMAND --help"))
    #expect(!said("kcat -t ratchet.feedback"))
    let text = "`one` and `two`\n\n```sh\nratchet a \\\n  b\n```\n    ratchet c\n"
    #expect(
      typedLines(of: text, path: "a.md").map(\.text) == ["one", "two", "ratchet a   b", "    ratchet c"])
  }

  @Test("every target of make and every topic that the documents name is there")
  func targetsAndTopics() throws {
    let makefile = try Documents.text("Makefile")
    let topics = try Documents.text("topology/topics.yaml")
    for path in Documents.paths() {
      for line in typedLines(of: try Documents.text(path), path: path) {
        let words = shellWords(line.text)
        if words.first == "make", words.count > 1 {
          #expect(makefile.contains("\n\(words[1]):"), "\(line)")
        }
        for match in line.text.matches(of: /-t ratchet\.([a-z.-]+)/) {
          #expect(topics.contains("- name: \(match.1)\n"), "\(line)")
        }
      }
    }
  }
}

extension DocumentTests {
  @Test("every rule's runbook link leads to a page and a heading of the documents")
  func runbooks() throws {
    var links: Set<String> = []
    for folder in ["topology/rules/platform", "topology/rules/organization"] {
      let path = Documents.root.appendingPathComponent(folder).path
      for file in try FileManager.default.contentsOfDirectory(atPath: path) {
        let rules = try Documents.text("\(folder)/\(file)")
        for match in rules.matches(of: /runbook_url: "\{\{ \$externalURL \}\}\/([^"]+)"/) {
          links.insert(String(match.1))
        }
      }
    }
    #expect(links.count >= 30)
    for link in links {
      let parts = link.split(separator: "#").map(String.init)
      let page = try Documents.text("docs/\(parts[0])")
      guard parts.count == 2 else { continue }
      let headings = page.split(separator: "\n").filter { $0.hasPrefix("## ") }.map {
        $0.dropFirst(3).lowercased().replacing(" ", with: "-")
      }
      #expect(headings.contains(parts[1]), "\(link)")
    }
  }
}

extension DocumentTests {
  /// The last number of each section of the requirements; R12 and R16 have none.
  private static let sections = [
    "R1": 15, "R2": 6, "R3": 7, "R4": 6, "R5": 6, "R6": 7, "R7": 4, "R8": 16, "R9": 37, "R10": 10, "R11": 8,
    "R13": 8, "R14": 11, "R15": 11,
  ]

  @Test("the coverage has one line for each promise and each requirement, done with a test or said not to be")
  func coverage() throws {
    var wanted = Set((1...7).map { "P\($0)" } + ["R12", "R16"])
    for (section, last) in Self.sections { wanted.formUnion((1...last).map { "\(section).\($0)" }) }
    var found: [String] = []
    for line in try Documents.text("docs/coverage.md").split(separator: "\n") where line.hasPrefix("| ") {
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      guard cells.count == 8, cells[1] != "id" else { continue }
      found.append(cells[1])
      let state = cells[2]
      #expect(state == "done" || state == "not done" || state.hasPrefix("partly: "), "\(line)")
      if state == "done" { #expect(!cells[4].isEmpty && !cells[5].isEmpty, "\(line)") }
    }
    #expect(found.count == Set(found).count)
    #expect(Set(found) == wanted)
  }
}
