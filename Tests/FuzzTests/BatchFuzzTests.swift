// Record batches that are wrong in any place, through Produce's checks, opening, compaction and the search
// by time. A life is a thousand batches; see RequestFuzzTests for how to live one again.
import Basics
import Testing

@testable import BrokerCore
@testable import BrokerProtocol

@Suite(.serialized, .timeLimit(.minutes(60))) struct BatchFuzzTests {
  @Test(
    "no batch ends, hangs or fattens a reader or the compaction, whatever stands in it",
    arguments: Lives.portions(of: 100))
  func batches(seeds: Range<UInt64>) async {
    await #expect(processExitsWith: .success) { [seeds] in
      try Lives.live(seeds) { seed in
        var random = SeededRandom(seed: seed)
        for _ in 0..<10 { try compactHundred(&random) }
      }
    }
  }
}

/// What passes the checks goes into a log, which then is searched and compacted.
private func compactHundred(_ random: inout SeededRandom) throws {
  let log = LogID(1)
  let store = try LogStore.open(on: MemoryDisk(), settings: LogStoreSettings()) { _ throws(StoreError) in }
    .store
  _ = store.append([.create(log)])
  store.setSegmentBytes(2000, of: log)
  for _ in 0..<100 {
    let bytes = ByteSlice(RecordBatch.seeded(&random))
    guard let batch = try? RecordBatch(firstOf: bytes) else { continue }
    _ = try? RecordBatch.all(in: bytes)
    _ = batch.markedOutcome
    guard (try? batch.validateAsProduced()) != nil else { continue }
    var placed = batch
    placed.header.baseOffset = store.endOffset(of: log)
    _ = store.append([.append(log, placed)])
  }
  _ = store.append([.roll(log)])
  try flush(store)
  let end = store.endOffset(of: log)
  for time in [Int64.min, 0, 1_700_000_000_500, .max] {
    _ = try store.firstOffset(log, at: Timestamp(milliseconds: time), below: end)
  }
  var rules = CompactionRules(
    below: end, now: Timestamp(milliseconds: .random(in: 0...Int64.max, using: &random)),
    deleteRetention: .zero)
  rules.keysAtOnce = 5
  while let job = store.compaction(of: log, by: rules) {
    _ = store.append([.replace(log, try job.run().replacement)])
    try flush(store)
  }
  #expect(store.endOffset(of: log) == end)
}

private func flush(_ store: LogStore) throws(StoreError) {
  while let job = store.takeFlush() {
    try job.run()
    store.completed(job)
  }
}
