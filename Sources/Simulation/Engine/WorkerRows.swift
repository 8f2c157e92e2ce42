// A process's state on disk: RocksDB itself, in a folder that outlives the process. After a crash the end of
// its log may be missing, as after a loss of power.
internal import Basics
internal import POSIX
internal import Runtime
internal import Store

/// Which epoch a task's rows hold, by what stands beside them. It must be in the log: rows that are ahead of
/// it hold what was never published.
struct RowClaim {
  var task: String
  var epoch: Int64
  var recordHash: UInt64
}

final class WorkerRows {
  private(set) var writer: StateWriter?
  private let path: String

  init(at path: String) {
    self.path = path
    do {
      try makeFolder(path)
      writer = try Self.open(path)
    } catch { preconditionFailure("no state in \(path): \(error)") }
  }

  /// As the product does: a database that contradicts itself is made anew.
  private static func open(_ path: String) throws(StoreError) -> StateWriter {
    do throws(StoreError) { return try StateWriter(Database(at: path)) } catch {
      guard case .restore = error else { throw error }
      try Database.destroy(at: path)
      return try StateWriter(Database(at: path))
    }
  }

  /// The writer's thread comes to rest, so that a life is the same each time.
  func settle() { try? writer?.drain() }

  /// What the rows say of themselves, once the writer has ended.
  private func read(_ database: Database) throws(StoreError) -> [RowClaim] {
    var claims: [RowClaim] = []
    var cursor = try database.family("tasks").cursor()
    while try cursor.next() {
      guard let metadata = TaskMetadata(stored: cursor.value) else { continue }
      let task = unsafe cursor.key.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
      claims.append(RowClaim(task: task, epoch: metadata.epoch.rawValue, recordHash: metadata.recordHash))
    }
    return claims
  }

  /// The process is gone, with all that used the database; the last `count` bytes of its log are lost.
  /// Returns what the rows say of themselves.
  func close(tearing count: Int) -> [RowClaim] {
    writer?.shutdown()
    let claims = writer.flatMap { try? read($0.database) } ?? []
    writer = nil
    if count > 0 { tear(count) }
    return claims
  }

  private func tear(_ count: Int) {
    guard let names = try? namesInFolder(path) else { return }
    guard let log = names.filter({ $0.hasSuffix(".log") }).max() else { return }
    do {
      let file = try File("\(path)/\(log)", create: .never)
      try file.truncate(to: max(0, try file.size() - count))
    } catch { preconditionFailure("no log in \(path): \(error)") }
  }
}
