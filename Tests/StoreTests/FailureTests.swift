// What the disk and other processes may do: kills, torn writes, damage, a second owner.
import Basics
import Foundation
import Store
import Testing

@Suite struct FailureTests {
  @Test("what was written before kill -9 is there, in every family")
  func kill() async throws {
    let folder = try TemporaryFolder()
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = folder.path as String] in
      let database = try Database(at: path)
      for number in 0..<100 {
        var batch = WriteBatch()
        for name in ["a", "b"] { batch.put("n\(number)", "\(number)", in: try database.family(name)) }
        try database.write(batch)
      }
      Glibc.kill(getpid(), SIGKILL)
    }
    let database = try Database(at: folder.path)
    for name in ["a", "b"] { #expect(try database.family(name).value(of: "n99") == "99") }
  }

  @Test("a torn log loses whole batches from its end, never a part of one")
  func tornLog() throws {
    let whole = try TemporaryFolder()
    try writeNumbered(in: whole, batches: 50)
    for cut in stride(from: 1, to: 2000, by: 97) {
      let folder = try TemporaryFolder()
      let copy = folder.path + "/copy"
      try FileManager.default.copyItem(atPath: whole.path, toPath: copy)
      try cutLogs(in: copy, by: UInt64(cut))
      let database = try Database(at: copy)
      let last = try database.family("a").value(of: "last").flatMap { Int($0) } ?? -1
      #expect(last >= 0 && last < 49)
      #expect(try database.family("b").value(of: "last") == String(last))
      #expect(try database.family("a").value(of: "n\(last)") != nil)
      #expect(try database.family("b").value(of: "n\(last + 1)") == nil)
    }
  }

  @Test("a second owner is told that the folder is in use")
  func secondOwner() async throws {
    let folder = try TemporaryFolder()
    let database = try Database(at: folder.path)
    #expect(answer { _ = try Database(at: folder.path) } == "in use")
    await #expect(processExitsWith: .success) { [path = folder.path as String] in
      do throws(StoreError) { _ = try Database(at: path) } catch {
        guard case .inUse = error else { exit(2) }
        exit(0)
      }
      exit(3)
    }
    #expect(database.familyNames == ["default"])
  }

  @Test("a damaged file asks for a restore, when it is read at the latest")
  func damage() throws {
    let folder = try TemporaryFolder()
    try writeNumbered(in: folder, batches: 50, flush: true)
    for file in try folder.files(ending: ".sst") {
      let handle = try #require(FileHandle(forUpdatingAtPath: file))
      try handle.write(contentsOf: Data(repeating: 0xA5, count: 200))
      try handle.close()
    }
    let answer = answer {
      let family = try Database(at: folder.path).family("a")
      _ = try family.value(of: "n1")
    }
    #expect(answer == "restore")
  }

  @Test(
    "a missing file asks for a restore, and a destroyed folder can be used again",
    arguments: [".sst", "MANIFEST"])
  func missing(kind: String) throws {
    let folder = try TemporaryFolder()
    try writeNumbered(in: folder, batches: 50, flush: true)
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file.contains(kind) {
      try FileManager.default.removeItem(atPath: folder.path + "/" + file)
    }
    let answer = answer {
      let family = try Database(at: folder.path).family("a")
      _ = try family.value(of: "n1")
    }
    #expect(answer == "restore")
    try Database.destroy(at: folder.path)
    #expect(try Database(at: folder.path).family("a").value(of: "n1") == nil)
  }

  @Test("a folder that cannot be made is a person's matter")
  func unusable() throws {
    #expect(answer { _ = try Database(at: "/proc/ratchet") } == "fatal")
  }

  private func writeNumbered(in folder: TemporaryFolder, batches: Int, flush: Bool = false) throws {
    let database = try Database(at: folder.path)
    let (a, b) = (try database.family("a"), try database.family("b"))
    for number in 0..<batches {
      var batch = WriteBatch()
      for family in [a, b] {
        batch.put("n\(number)", String(repeating: "x", count: 20), in: family)
        batch.put("last", "\(number)", in: family)
      }
      try database.write(batch)
    }
    if flush { try database.flush() }
  }

  private func cutLogs(in path: String, by count: UInt64) throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".log") }
    let file = path + "/" + (try #require(files.max()))
    let handle = try #require(FileHandle(forUpdatingAtPath: file))
    let size = try handle.seekToEnd()
    try handle.truncate(atOffset: size - min(size, count))
    try handle.close()
  }
}

/// What a test expects of an error, by its answer alone.
private func answer(of attempt: () throws -> Void) -> String {
  do {
    try attempt()
    return "none"
  } catch {
    switch error as? StoreError {
    case .inUse: return "in use"
    case .restore: return "restore"
    case .fatal: return "fatal"
    case nil: return "\(error)"
    }
  }
}
