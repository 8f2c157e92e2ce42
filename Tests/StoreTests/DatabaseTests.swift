import Foundation
import Basics
import Glibc
import Store
import Testing

@Suite struct DatabaseTests {
  @Test("what a batch put is read back, and what it deleted is gone")
  func writing() throws {
    let folder = try TemporaryFolder()
    let database = try Database(at: folder.path)
    let family = try database.family("a")
    var batch = WriteBatch()
    batch.put("one", "1", in: family)
    batch.put("two", "", in: family)
    batch.put("three", "3", in: family)
    batch.delete("three", in: family)
    #expect(batch.count == 4 && batch.byteCount > 0)
    #expect(try family.value(of: "one") == nil)
    try database.write(batch)
    #expect(try family.value(of: "one") == "1")
    #expect(try family.value(of: "two") == "")
    #expect(try family.value(of: "three") == nil)
  }

  @Test("a cursor walks a range in the order of bytes and does not see later writes")
  func ranges() throws {
    let folder = try TemporaryFolder()
    let database = try Database(at: folder.path)
    let family = try database.family("a")
    var batch = WriteBatch()
    for key in ["b", "a", "c", "B", "bb"] { batch.put(key, "1", in: family) }
    try database.write(batch)
    #expect(try family.all() == ["B=1", "a=1", "b=1", "bb=1", "c=1"])
    #expect(try family.all(from: "b", to: "c") == ["b=1", "bb=1"])
    #expect(try family.all(from: "x") == [])
    var cursor = family.cursor()
    batch.removeAll()
    batch.deleteRange(from: "a", to: "bb", in: family)
    try database.write(batch)
    var seen = 0
    while try cursor.next() { seen += 1 }
    #expect(seen == 5)
    #expect(try family.all() == ["B=1", "bb=1", "c=1"])
  }

  @Test("deleted files never take the range's upper bound with them", arguments: ["b", "b\0", "b\0\0", "\0"])
  func deletedFiles(upper: String) throws {
    let folder = try TemporaryFolder()
    let database = try Database(at: folder.path)
    let family = try database.family("a")
    // As many files as make RocksDB compact them into one: before that, none is deleted.
    for _ in 0..<4 {
      var batch = WriteBatch()
      for key in ["", upper] { batch.put(key, "1", in: family) }
      try database.write(batch)
      try database.flush()
    }
    try eventually(within: .seconds(60)) {
      try FileManager.default.contentsOfDirectory(atPath: folder.path).count { $0.hasSuffix(".sst") } == 1
    }
    unsafe try family.deleteFiles(from: [UInt8]().span.bytes, to: Array(upper.utf8).span.bytes)
    #expect(try family.value(of: upper) == "1")
    unsafe try family.deleteFiles(from: [UInt8]().span.bytes, to: Array("c".utf8).span.bytes)
    #expect(try family.value(of: upper) == nil)
  }

  @Test("families keep their keys apart and are all there again after closing")
  func families() throws {
    let folder = try TemporaryFolder()
    do {
      let database = try Database(at: folder.path)
      var batch = WriteBatch()
      for name in ["a", "b"] { batch.put("key", name, in: try database.family(name)) }
      try database.write(batch)
    }
    let database = try Database(at: folder.path)
    #expect(database.familyNames == ["a", "b", "default"])
    #expect(try database.family("a").value(of: "key") == "a")
    #expect(try database.family("b").value(of: "key") == "b")
    try database.drop(try database.family("a"))
    #expect(database.familyNames == ["b", "default"])
    #expect(try database.family("a").value(of: "key") == nil)
  }

  @Test("a family outlives the database's owner")
  func familyKeepsDatabaseOpen() throws {
    let folder = try TemporaryFolder()
    let family = try { try Database(at: folder.path).family("a") }()
    #expect(try family.value(of: "key") == nil)
    #expect(throws: StoreError.self) { try Database(at: folder.path) }
  }

  @Test("many families share one bound on what is not yet in files")
  func sharedWriteBuffers() throws {
    let folder = try TemporaryFolder()
    let bound = 4 << 20
    let database = try Database(at: folder.path, DatabaseSettings(blockCache: 1 << 20, writeBuffers: bound))
    let families = try (0..<30).map { try database.family("f\($0)") }
    let value = String(repeating: "v", count: 1000)
    for round in 0..<200 {
      var batch = WriteBatch()
      for family in families { for n in 0..<4 { batch.put("\(round)-\(n)", value, in: family) } }
      try database.write(batch)
    }
    // RocksDB looks at the bound when something is written, and passes over families whose flush it still
    // owes.
    var one = WriteBatch()
    one.put("one", "more", in: families[0])
    try eventually(within: .seconds(60)) {
      try database.write(one)
      return database.writeBufferBytes < bound * 3 / 2
    }
    #expect(try families[7].value(of: "0-3") == value)
  }

  @Test(
    "a database equals a dictionary under random batches and reopening", arguments: 0..<8 as Range<UInt64>)
  func equalsDictionary(seed: UInt64) throws {
    let folder = try TemporaryFolder()
    var random = SeededRandom(seed: seed)
    var model: [String: String] = [:]
    for _ in 0..<4 {
      let database = try Database(at: folder.path)
      let family = try database.family("a")
      #expect(try family.all() == model.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
      for round in 0..<20 {
        var batch = WriteBatch()
        for _ in 0..<random.int(in: 1..<50) {
          let key = String(1000 + random.int(in: 0..<300))
          let removed = random.chance(1, in: 4)
          model[key] = removed ? nil : "\(round)-\(random.int(in: 0..<1000))"
          if let value = model[key] {
            batch.put(key, value, in: family)
          } else {
            batch.delete(key, in: family)
          }
        }
        try database.write(batch)
        if random.chance(1, in: 8) { try database.flush() }
      }
    }
  }
}

/// Polls `condition`, for what RocksDB does on its own threads; the pause leaves them its lock.
private func eventually(within limit: Duration, _ condition: () throws -> Bool) throws {
  let end = ContinuousClock.now + limit
  while try !condition() {
    try #require(ContinuousClock.now < end)
    usleep(5000)
  }
}
