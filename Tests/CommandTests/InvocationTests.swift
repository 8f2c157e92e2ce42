// The command line against declarations made for the purpose.
import Testing

@testable import ratchet

private let serve = Command(
  name: "serve", summary: "Serves.",
  operands: [
    Operand(name: "FOLDER", summary: "where"), Operand(name: "NAME", summary: "x", isRequired: false),
  ],
  options: [
    Option(name: "listen", value: "HOST:PORT", summary: "address", variable: "T_LISTEN", fallback: "here:1"),
    Option(name: "property", value: "KEY=VALUE", summary: "more", repeats: true),
    Option(name: "limit", value: "COUNT", summary: "most"), Option(name: "json", summary: "for machines"),
  ], run: { _ in .success })
private let stop = Command(
  name: "serve stop", summary: "Stops.",
  options: [Option(name: "key", value: "KEY", summary: "which", variable: "T_KEY", isRequired: true)],
  run: { _ in .success })
private let table = [stop, serve]

private func read(_ line: String, _ environment: [String: String] = [:]) throws(UsageError) -> Invocation {
  try Invocation(
    line.split(separator: " ").map(String.init), among: table, environment: { environment[$0] })
}

private func arguments(_ line: String, _ environment: [String: String] = [:]) throws -> Arguments {
  guard case .run(_, let arguments) = try read(line, environment) else { throw UsageError("not a run") }
  return arguments
}

@Suite struct InvocationTests {
  @Test("options are read with a space, with =, between operands, and not after --")
  func forms() throws {
    let given = try arguments("serve a --listen x:1 --property k=v --property=w=2 --json -- --b")
    #expect(given.text("FOLDER") == "a" && given.text("NAME") == "--b")
    #expect(given.text("listen") == "x:1" && given.flag("json"))
    #expect(given.all("property") == ["k=v", "w=2"])
  }

  @Test("the environment stands in for an option, and a fallback for both")
  func fallbacks() throws {
    #expect(try arguments("serve a").text("listen") == "here:1")
    #expect(try arguments("serve a", ["T_LISTEN": "x:2"]).text("listen") == "x:2")
    #expect(try arguments("serve a --listen x:3", ["T_LISTEN": "x:2"]).text("listen") == "x:3")
    #expect(try arguments("serve a", ["T_LISTEN": ""]).text("listen") == "here:1")
  }

  @Test("the longest matching name is the command")
  func longestName() throws {
    guard case .run(let command, _) = try read("serve stop --key k") else { throw UsageError("no run") }
    #expect(command.name == "serve stop")
  }

  @Test(
    "a wrong line says what is wrong and what to do",
    arguments: [
      ("sevre", "unknown command \"sevre\"\n  did you mean \"serve\"?"),
      (
        "serve stpo --key=k",
        "unknown option \"--key\" of \"serve\"\n  ratchet serve --help lists its options"
      ),
      ("--json", "unknown option \"--json\"\n  ratchet --help lists the commands"),
      ("serve a --lisetn x", "unknown option \"--lisetn\" of \"serve\"\n  did you mean \"--listen\"?"),
      ("serve a --listen", "--listen: needs a value: --listen HOST:PORT"),
      ("serve a --listen --json", "--listen: needs a value: --listen HOST:PORT"),
      ("serve a --listen x --listen y", "--listen: given more than once"),
      ("serve a --json=1", "--json: takes no value"),
      ("serve a b c", "unexpected argument \"c\"\n  ratchet serve --help shows what it takes"),
      ("serve", "FOLDER is missing\n  usage: ratchet serve FOLDER [NAME] [options]"),
      ("serve stop", "--key KEY is missing\n  or set T_KEY"),
    ])
  func wrongLines(line: String, expected: String) {
    let error = #expect(throws: UsageError.self) { try read(line) }
    #expect(error?.description == expected)
  }

  @Test("a number outside its range is a usage error")
  func integers() throws {
    #expect(try arguments("serve a --limit 5").integer("limit", in: 1...9) == 5)
    #expect(try arguments("serve a").integer("limit", in: 1...9) == nil)
    for wrong in ["0", "10", "x", "99999999999999999999"] {
      let given = try arguments("serve a --limit \(wrong)")
      #expect(throws: UsageError.self) { try given.integer("limit", in: 1...9) }
    }
  }

  @Test("help is shown for the tool, a group and a command, and wins over mistakes")
  func help() throws {
    for line in ["", "--help", "serve --help", "serve --nonsense --help", "serve stop -h"] {
      guard case .help(let text) = try read(line) else { throw UsageError("no help: \(line)") }
      #expect(text.contains("usage: ratchet"))
    }
  }
}
