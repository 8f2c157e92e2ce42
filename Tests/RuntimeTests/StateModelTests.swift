import Basics
import Testing

@testable import Runtime

@Suite struct StateModelTests {
  @Test(
    "a store equals a dictionary through evictions, epochs and crashes", arguments: 0..<10 as Range<UInt64>)
  func equalsDictionary(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let remains = try Remains()
    var model: [String: Tally] = [:]
    var lives: Set<String> = []
    for _ in 0..<6 {
      // Room for about ten of two hundred keys.
      let process = try TaskProcess(remains, KeyValueStore<String, Tally>("tallies", memory: 3000))
      lives.insert("\(process.startUp)".prefix { $0 != "(" }.description)
      for _ in 0..<random.int(in: 1..<60) {
        change(process.store, &model, &random)
        try process.commit()
      }
      if random.chance(1, in: 3) { try process.state.flush() }
      expectOrder(process.store, model)
      process.crash()
    }
    #expect(lives.isSuperset(of: ["ready"]))
  }

  private func change(
    _ store: KeyValueStore<String, Tally>, _ model: inout [String: Tally], _ random: inout SeededRandom
  ) {
    for _ in 0..<random.int(in: 1..<40) {
      let key = "key-\(random.int(in: 0..<200))"
      #expect(store[key] == model[key], "\(key)")
      switch random.int(in: 0..<5) {
      case 0:
        store.update(key) { $0 = nil }
        model[key] = nil
      case 1: break
      default:
        let note = String(repeating: "n", count: random.int(in: 0..<60))
        store.update(key) { $0 = Tally(($0?.count ?? 0) + 1, note) }
        model[key] = Tally((model[key]?.count ?? 0) + 1, note)
      }
    }
  }

  private func expectOrder(_ store: KeyValueStore<String, Tally>, _ model: [String: Tally]) {
    var seen: [String] = []
    store.forEachInOrder { key, value in
      seen.append(key)
      #expect(model[key] == value)
    }
    #expect(seen == model.keys.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
  }

  @Test(
    "a segmented store equals a dictionary that forgets, through evictions, epochs and crashes",
    arguments: 0..<10 as Range<UInt64>)
  func segmentedEqualsDictionary(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let remains = try Remains()
    var model: [String: (value: Tally, segment: Int64)] = [:]
    var now: Int64 = 1_000_000
    let lifetime: Int64 = 8000
    for _ in 0..<6 {
      let store = SegmentedStore<String, Tally>("recent", lifetime: .milliseconds(lifetime), memory: 3000)
      let process = try TaskProcess(remains, store)
      for _ in 0..<random.int(in: 1..<60) {
        for _ in 0..<random.int(in: 1..<30) {
          now += Int64(random.int(in: 0..<60))
          store.advance(to: Timestamp(milliseconds: now))
          model = model.filter { $0.value.segment >= now / 1000 - lifetime / 1000 }
          changeOne(store, &model, now / 1000, &random)
        }
        try process.commit()
      }
      if random.chance(1, in: 3) { try process.state.flush() }
      process.crash()
    }
  }

  private func changeOne(
    _ store: SegmentedStore<String, Tally>, _ model: inout [String: (value: Tally, segment: Int64)],
    _ segment: Int64, _ random: inout SeededRandom
  ) {
    let key = "key-\(random.int(in: 0..<200))"
    #expect(store[key] == model[key]?.value, "\(key)")
    switch random.int(in: 0..<4) {
    case 0:
      store.update(key) { $0 = nil }
      model[key] = nil
    case 1: break
    default:
      let tally = Tally((model[key]?.value.count ?? 0) + 1)
      store.update(key) { $0 = tally }
      model[key] = (tally, model[key]?.segment ?? segment)
    }
  }
}
