// kill -9 at random moments while clients go on: nothing acknowledged is lost, doubled, reordered or made up.
import Basics
import Foundation
import Testing

extension Live {
  @Suite struct SurvivalTests {
    /// Kills in all; more by `make soak`.
    private static let kills = number("RATCHET_KILLS") ?? 30

    @Test("nothing acknowledged is lost by kill -9", arguments: ["fsync", "os"])
    func survives(durability: String) async throws {
      let seed = number("RATCHET_SEED").map(UInt64.init) ?? .random(in: 0..<1_000_000)
      print(
        "\(durability): \(Self.kills / 2) kills; repeat with RATCHET_SEED=\(seed) RATCHET_KILLS=\(Self.kills)"
      )
      try await withBroker(durability) { broker in
        let script = Script("survival")
        let clients = try script.start("nothing_acknowledged_is_lost", ["\(seed)"], on: broker)
        defer { clients.process.send(SIGKILL) }
        _ = try await eventually("the clients run", or: { clients.printed }) {
          clients.printed.contains("running") ? true : nil
        }
        var random = SeededRandom(seed: seed)
        for _ in 0..<Self.kills / 2 where clients.process.status == nil {
          try await Task.sleep(for: .milliseconds(random.int(in: 0..<900)))
          await broker.kill()
          #expect(try await broker.check() == 0, "what kill -9 leaves behind is sound")
          try await broker.start()
        }
        clients.process.closeInput()
        await clients.expectSuccess(on: broker)
      }
    }
  }
}

private func number(_ variable: String) -> Int? {
  ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
}
