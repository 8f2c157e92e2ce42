import Basics
import Testing

@Suite struct SlotTableTests {
  @Test(
    "a table equals a dictionary under random changes, whatever the hashes",
    arguments: 0..<12 as Range<UInt64>)
  func equalsDictionary(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var table = SlotTable<Int, String>()
    var model: [Int: String] = [:]
    // Few different hashes, so that runs are long and overlap, also over the table's end.
    let spread = UInt64([3, 17, 200, 100_000][Int(seed % 4)])
    func hash(_ key: Int) -> UInt64 {
      XXH64.hash(word: UInt64(key) % spread) &* (seed % 3 == 0 ? 0xf000_0001 : 1)
    }
    for step in 0..<4000 {
      let key = random.int(in: 0..<600)
      let slot = table.find(key, hash: hash(key))
      #expect(slot.map { table[$0] } == model[key])
      switch (slot, random.chance(1, in: step < 2000 ? 4 : 2)) {
      case (let slot?, true):
        table.remove(slot)
        model[key] = nil
      case (let slot?, false):
        table[slot] += "x"
        model[key]? += "x"
      case (nil, _):
        let slot = table.insert(key, hash: hash(key), "\(step)")
        #expect(table.key(at: slot) == key)
        model[key] = "\(step)"
      }
      #expect(table.count == model.count)
    }
    var seen: [Int: String] = [:]
    for slot in 0..<table.slotLimit where table.isUsed(slot) { seen[table.key(at: slot)] = table[slot] }
    #expect(seen == model)
  }

  @Test("an entry keeps its slot while the table grows")
  func stableSlots() {
    var table = SlotTable<UInt64, UInt64>()
    let slots = (0..<10_000 as Range<UInt64>).map { table.insert($0, hash: $0.storedHash, $0) }
    for (key, slot) in slots.enumerated() { #expect(table[slot] == UInt64(key)) }
  }

  @Test("strings that differ in normalization alone are two keys")
  func normalization() {
    var table = SlotTable<String, Int>()
    let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}")
    #expect(composed == decomposed)
    _ = table.insert(composed, hash: composed.storedHash, 1)
    #expect(table.find(decomposed, hash: decomposed.storedHash) == nil)
  }
}
