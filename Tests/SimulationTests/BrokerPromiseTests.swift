// What the broker promises, over many lives with crashes, breaks and impatient clients. A life is its seed;
// to live one again: `RATCHET_SEED=<seed> swift test --filter BrokerPromiseTests`, to live more:
// `RATCHET_LIVES=<number>`.
import Simulation
import Testing

@Suite struct BrokerPromiseTests {
  @Test("every promise is kept in every life", arguments: Lives.range(of: 60))
  func kept(seed: UInt64) {
    for violation in BrokerWorld(seed: seed).run() {
      Issue.record("\(violation)\nto repeat: RATCHET_SEED=\(seed) swift test --filter BrokerPromiseTests")
    }
  }

  @Test("a life is the same each time")
  func repeatable() {
    let first = BrokerWorld(seed: 7)
    let second = BrokerWorld(seed: 7)
    #expect(first.run().map(\.description) == second.run().map(\.description))
    #expect(first.model.acknowledged == second.model.acknowledged && first.model.acknowledged > 50)
  }

  @Test("a skipped sync is seen: acknowledged records are lost")
  func skippedSync() { expect(.durability, brokenBy: .skippedSync) }

  @Test("an answer that leaves before its record is durable is seen")
  func earlyAnswer() { expect(.durability, brokenBy: .earlyAnswer) }

  /// Seldom seen, since a producer sends again what was lost, mostly to the same place.
  @Test("a record that is shown before it is durable is seen: a crash takes it back")
  func unsyncedRecord() { expect(.stability, brokenBy: .unsyncedRecord, inLives: 90..<400) }

  @Test("a forgotten marker is seen: a committed transaction stays invisible")
  func forgottenMarker() { expect(.atomicity, brokenBy: .forgottenMarker) }

  @Test("a zombie whose epoch is accepted is seen")
  func acceptedZombie() { expect(.fencing, brokenBy: .acceptedZombie) }

  private func expect(_ promise: Promise, brokenBy sabotage: Sabotage, inLives lives: Range<UInt64> = 0..<30)
  {
    let broken = lives.contains { seed in
      BrokerWorld(seed: seed, sabotage: sabotage).run().contains { $0.promise == promise }
    }
    #expect(broken)
  }
}
