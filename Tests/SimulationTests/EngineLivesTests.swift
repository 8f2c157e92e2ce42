// The engine's real workers over the broker's core, through everything that can go wrong. A life is its seed;
// to live one again: `RATCHET_SEED=<seed> swift test --filter EngineLivesTests`, to live more:
// `RATCHET_LIVES=<number>`.
import Foundation
import Simulation
import Testing

@Suite struct EngineLivesTests {
  @Test(
    "whatever goes wrong, topics hold what one undisturbed fold makes of the inputs",
    arguments: Lives.range(of: 1000))
  func exactlyOnce(seed: UInt64) {
    for complaint in EngineWorld(seed: seed).run() {
      Issue.record("\(complaint)\nto repeat: RATCHET_SEED=\(seed) swift test --filter EngineLivesTests")
    }
  }

  @Test("nor do rows on disk change anything, whatever crashes leave of them", arguments: Lives.range(of: 30))
  func rows(seed: UInt64) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "lives-\(getpid())-\(seed)").path()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for complaint in EngineWorld(seed: seed, troubles: .all, folder: folder).run() {
      Issue.record("\(complaint)\nto repeat: RATCHET_SEED=\(seed) swift test --filter EngineLivesTests")
    }
  }

  @Test(
    "what was recorded through all of it is what a replay of each task makes of its inputs",
    arguments: Lives.range(of: 40))
  func replay(seed: UInt64) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "replay-\(getpid())-\(seed)").path()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let world = EngineWorld(seed: seed, troubles: .all, folder: seed % 2 == 0 ? folder : nil)
    for complaint in world.run() + world.replay() {
      Issue.record("\(complaint)\nto repeat: RATCHET_SEED=\(seed) swift test --filter EngineLivesTests")
    }
    #expect(world.replayed == world.epochs && world.replayed > 10)
    if seed % 8 == 0 { #expect(!world.replay(beginning: 8).isEmpty, "another constant must be found out") }
  }

  @Test("a life in which nothing goes wrong is folded and committed to its end", arguments: UInt64(0)..<3)
  func calm(seed: UInt64) {
    let world = EngineWorld(seed: seed, troubles: [])
    #expect(world.run() == [])
    #expect(world.epochs > 20 && world.recordsRead > 100)
  }

  @Test("a life is the same each time")
  func repeatable() {
    let (first, second) = (EngineWorld(seed: 3), EngineWorld(seed: 3))
    #expect(first.run() == second.run())
    #expect(first.events == second.events && first.epochs == second.epochs)
  }

  @Test("offsets that are committed without a generation are seen: two workers fold the same epoch")
  func unfencedOffsets() { expectComplaint(about: .unfencedOffsets, among: .pauses) }

  @Test("a take-over that does not wait for open transactions is seen")
  func unstableOffsets() { expectComplaint(about: .unstableOffsets, among: .pauses) }

  @Test("a transaction that was aborted and is reported as committed is seen")
  func lostCommit() { expectComplaint(about: .lostCommit, among: []) }

  @Test("inputs that are read before they are committed are seen")
  func uncommittedReads() { expectComplaint(about: .uncommittedReads, among: .writers) }

  @Test("records that are sent twice are seen")
  func repeatedRecords() { expectComplaint(about: .repeatedRecords, among: []) }

  private func expectComplaint(about sabotage: EngineSabotage, among troubles: Troubles) {
    let isSeen = (UInt64(0)..<60).contains { seed in
      !EngineWorld(seed: seed, troubles: troubles, sabotage: sabotage).run().isEmpty
    }
    #expect(isSeen)
  }
}
