// The broker with users, as its commands set it up, and without them where it must not be.
import Foundation
import Testing

extension Live {
  @Suite struct SignOnTests {
    @Test("users sign on by two mechanisms, and nobody else", arguments: try Script("signon").scenarios())
    func users(scenario: String) async throws {
      let broker = try LiveBroker()
      let file = broker.folder.path + "/users"
      let lines = [
        try await line(
          for: "admin", "admin-secret", ["--read=*", "--write=*", "--group=*"], in: broker.folder),
        try await line(
          for: "alice", "alice-secret",
          ["--read=own.", "--write=own.", "--group=own.", "--transactional-id=own."], in: broker.folder),
      ]
      try lines.joined().write(toFile: file, atomically: true, encoding: .utf8)
      broker.options = ["--users", file]
      try await broker.start()
      try await Script("signon").run(scenario, on: broker)
      #expect(await broker.stop() == 0)
    }

    /// What `ratchet broker user` prints.
    private func line(
      for name: String, _ password: String, _ options: [String], in folder: TemporaryFolder
    ) async throws -> String {
      let output = "\(folder.path)/\(name).line"
      let command = "printf '%s\\n' '\(password)' | \"$0\" broker user \"$@\""
      let words = ["/bin/sh", "-c", command, Product.path("ratchet"), name] + options
      let process = try RunningProcess(words, output: output)
      #expect(await process.ended() == 0)
      return try String(contentsOfFile: output, encoding: .utf8)
    }

    @Test("without users the broker listens beyond this machine only when told so")
    func exposure() async throws {
      let broker = try LiveBroker()
      broker.host = "0.0.0.0"
      #expect(try await broker.startInVain() == 64)
      #expect(broker.log.contains("nobody has to sign on"))
    }
  }
}
