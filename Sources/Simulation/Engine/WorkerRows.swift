// A process's state on disk: RocksDB itself, in a folder that outlives the process. After a crash the end of
// its log may be missing, as after a loss of power.
internal import Basics
internal import POSIX
internal import Runtime
internal import Store

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

  /// The process is gone, with all that used the database; the last `count` bytes of its log are lost.
  func close(tearing count: Int) {
    writer?.shutdown()
    writer = nil
    guard count > 0, let names = try? namesInFolder(path) else { return }
    guard let log = names.filter({ $0.hasSuffix(".log") }).max() else { return }
    do {
      let file = try File("\(path)/\(log)", create: .never)
      try file.truncate(to: max(0, try file.size() - count))
    } catch { preconditionFailure("no log in \(path): \(error)") }
  }
}
