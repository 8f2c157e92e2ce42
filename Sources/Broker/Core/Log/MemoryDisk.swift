// A disk in memory: a broker that keeps nothing, and the ground on which tests stand.
public import Basics
import BrokerProtocol
import Synchronization

/// Files as arrays of bytes. Everything is there until the last reference goes; nothing can fail but a
/// missing name.
public final class MemoryDisk: Disk {
  private let files = Mutex<[String: MemoryFile]>([:])

  public init() {}

  public func open(_ path: String, create: FileCreation) throws(DiskError) -> any DiskFile {
    let file = files.withLock { files -> MemoryFile? in
      if create != .empty, let file = files[path] { return file }
      guard create != .never else { return nil }
      let file = MemoryFile()
      files[path] = file
      return file
    }
    guard let file else { throw .missing(path: path) }
    return file
  }

  public func makeFolder(_ path: String) {}

  public func list(_ folder: String) -> [String] {
    files.withLock { files in
      files.keys.compactMap { path in
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        let parent = parts.dropLast().joined(separator: "/")
        return parent == folder ? parts.last.map(String.init) : nil
      }
    }
  }

  public func rename(_ path: String, to target: String) throws(DiskError) {
    let isThere = files.withLock { files in
      guard let file = files.removeValue(forKey: path) else { return false }
      files[target] = file
      return true
    }
    if !isThere { throw .missing(path: path) }
  }

  public func remove(_ path: String) { files.withLock { _ = $0.removeValue(forKey: path) } }

  public func syncFolder(_ path: String) {}
}

final class MemoryFile: DiskFile {
  private let contents = Mutex<[UInt8]>([])

  var openFile: (any OpenFile)? { nil }

  func size() -> Int { contents.withLock { $0.count } }

  func write(_ pieces: [ByteSlice], at position: Int) {
    contents.withLock { contents in
      var next = position
      for piece in pieces {
        contents.overwrite(piece, at: next)
        next += piece.count
      }
    }
  }

  func read(at position: Int, count: Int) -> ByteSlice {
    contents.withLock { contents in
      let lower = min(position, contents.count)
      return ByteSlice(Array(contents[lower..<min(contents.count, lower + count)]))
    }
  }

  func truncate(to size: Int) {
    contents.withLock { contents in
      contents.removeLast(max(0, contents.count - size))
      contents += [UInt8](repeating: 0, count: size - contents.count)
    }
  }

  func sync() {}
}

extension [UInt8] {
  /// Puts `piece` at `position` as a file would: a gap before it reads as zeros.
  public mutating func overwrite(_ piece: ByteSlice, at position: Int) {
    let end = position + piece.count
    if position == count {
      unsafe piece.withUnsafeBytes { unsafe append(contentsOf: $0) }
      return
    }
    if end > count { self += [UInt8](repeating: 0, count: end - count) }
    unsafe piece.withUnsafeBytes { bytes in
      unsafe withUnsafeMutableBytes { unsafe $0[position..<end].copyBytes(from: bytes) }
    }
  }
}
