// What compaction promises, over many lives with transactions, limits, codecs and kills. A life is its seed;
// to live one again: `RATCHET_SEED=<seed> swift test --filter CompactionPromiseTests`, to live more:
// `RATCHET_LIVES=<number>`.
import Foundation
import Testing

@Suite struct CompactionPromiseTests {
  private static let lives: Range<UInt64> = {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["RATCHET_SEED"].flatMap(UInt64.init) { return seed..<seed + 1 }
    return 0..<(environment["RATCHET_LIVES"].flatMap(UInt64.init) ?? 300)
  }()

  @Test(
    "no committed last value is lost, nothing aborted or superseded comes back, offsets and limits hold"
  )
  func kept() throws {
    var compactions = 0
    for seed in Self.lives {
      let life = try CompactionLife(seed: seed)
      try life.live(steps: 150)
      compactions += life.compactions
      for fault in life.faults {
        Issue.record("\(fault)\nto repeat: RATCHET_SEED=\(seed) swift test --filter CompactionPromiseTests")
      }
      if !life.faults.isEmpty { return }
    }
    #expect(compactions >= Self.lives.count)
  }
}
