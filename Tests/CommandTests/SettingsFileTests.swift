// Options from a file: what wins over what, and how mistakes are told.
import Basics
import Testing

@testable import ratchet

private let serve = Command(
  name: "serve", summary: "Serves.",
  options: [configOption]
    + withVariables([
      Option(name: "listen", value: "HOST:PORT", summary: "address", fallback: "here:1"),
      Option(name: "max-users", value: "N", summary: "most", fallback: "7"),
      Option(name: "property", value: "KEY=VALUE", summary: "more", repeats: true),
      Option(name: "watch", summary: "look"),
    ]), run: { _ in .success })

private func arguments(
  _ yaml: String, _ line: String = "", _ environment: [String: String] = [:]
) throws -> Arguments {
  try Arguments(serve, words: line.split(separator: " ").map(String.init)) { environment[$0] }
    .filled(from: Array(yaml.utf8), file: "r.yaml")
}

@Suite struct SettingsFileTests {
  @Test("the command line wins over the environment, that over the file, the file over what is standard")
  func precedence() throws {
    #expect(try arguments("listen: file:1\n").text("listen") == "file:1")
    #expect(try arguments("listen: file:1\n", "", ["RATCHET_LISTEN": "e:2"]).text("listen") == "e:2")
    let line = try arguments("listen: file:1\n", "--listen l:3", ["RATCHET_LISTEN": "e:2"])
    #expect(line.text("listen") == "l:3")
    #expect(try arguments("watch: true\n").text("listen") == "here:1")
    #expect(try arguments("{}\n", "", ["RATCHET_MAX_USERS": "9"]).integer("max-users", in: 1...10) == 9)
  }

  @Test("flags are true or false, in the file and in the environment")
  func flags() throws {
    #expect(try arguments("watch: true\n").flag("watch"))
    #expect(try !arguments("watch: false\n").flag("watch"))
    #expect(try !arguments("watch: true\n", "", ["RATCHET_WATCH": "true"]).all("watch").isEmpty)
    #expect(throws: UsageError.self) { try arguments("{}\n", "", ["RATCHET_WATCH": "maybe"]) }
  }

  @Test("what may be repeated is a list or a mapping")
  func repeated() throws {
    #expect(try arguments("property: [a=1, b=2]\n").all("property") == ["a=1", "b=2"])
    #expect(try arguments("property: {a: 1, b.c: x}\n").all("property") == ["a=1", "b.c=x"])
  }

  @Test("mistakes in the file are told all at once, with line and column")
  func mistakes() {
    let error = #expect(throws: Diagnostics.self) {
      try arguments("listn: a:1\nwatch: often\nmax-users: [1]\nconfig: other.yaml\n")
    }
    let text = error?.description ?? ""
    for expected in [
      "r.yaml:1:1: unknown key \"listn\" of a file of settings\n  did you mean \"listen\"?",
      "r.yaml:2:8: expected true or false", "r.yaml:3:12: expected a single value",
      "r.yaml:4:1: unknown key \"config\"",
    ] { #expect(text.contains(expected), "\(text)") }
  }

  @Test("a value that is wrong only when it is used is told by its place in the file")
  func lateMistakes() throws {
    func complaint(_ arguments: Arguments) -> String? {
      do throws(UsageError) { _ = try arguments.integer("max-users", in: 1...10) } catch {
        return arguments.placing(error).description
      }
      return nil
    }
    let wanted = "\"99\" is not a whole number from 1 to 10"
    #expect(complaint(try arguments("\nmax-users: 99\n")) == "r.yaml:2:12: \(wanted)")
    #expect(complaint(try arguments("max-users: 99\n", "--max-users 99")) == "--max-users: \(wanted)")
  }
}
