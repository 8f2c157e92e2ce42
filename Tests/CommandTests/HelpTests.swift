// What help says, as it is printed; and the files of librdkafka's properties.
import Basics
import Foundation
import Testing

@testable import ratchet

@Suite struct HelpTests {
  @Test("help reads as its golden file says, for the tool and the commands that operators use")
  func golden() throws {
    let groups = ["up", "topics", "plan", "replay", "rebuild", "control", "tasks", "quarantine"]
    let commands = commandTable.filter { groups.contains(String($0.name.prefix { $0 != " " })) }
    let text = ([overview(of: commands)] + commands.map(\.help)).joined(separator: "\n\n----\n\n") + "\n"
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Golden/help.txt")
    if ProcessInfo.processInfo.environment["RATCHET_GOLDEN"] == "write" {
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(try text == String(contentsOf: file, encoding: .utf8))
  }

  @Test("names of commands and of a command's arguments are told apart")
  func names() {
    #expect(Set(commandTable.map(\.name)).count == commandTable.count)
    for command in commandTable {
      let names = command.options.map(\.name) + command.operands.map(\.name)
      #expect(Set(names).count == names.count, "\(command.name)")
      #expect(!names.contains("help"), "\(command.name)")
    }
  }
}

@Suite struct PropertiesTests {
  @Test("a file of properties skips comments and keeps what follows the first equals sign")
  func read() throws {
    let text = "# how to sign on\n\nsecurity.protocol = SASL_SSL\r\nsasl.password=a=b \n  # end"
    #expect(
      try parseProperties(text, file: "p") == ["security.protocol": "SASL_SSL", "sasl.password": "a=b"])
  }

  @Test("a wrong line is told by its place and not repeated, since it may hold a secret")
  func wrongLines() {
    let error = #expect(throws: Diagnostics.self) {
      try parseProperties("a=1\nsasl.password secret\n=x\na=2\n", file: "p")
    }
    #expect(error?.description == "p:2:1: not KEY=VALUE\np:3:1: not KEY=VALUE\np:4:1: \"a\" stands twice")
  }
}
