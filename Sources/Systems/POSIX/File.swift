// Files by position: several readers and one writer share a file without sharing a cursor.
public import Basics
internal import Glibc

/// An open file for reading and writing; closed when the last reference goes. Calls may come from any thread.
public final class File: Sendable {
  public enum Creation: Sendable { case never, ifMissing, empty }

  public let descriptor: Descriptor

  public init(_ path: String, create: Creation) throws(SystemCallError) {
    let flags: Int32
    switch create {
    case .never: flags = O_RDWR | O_CLOEXEC
    case .ifMissing: flags = O_RDWR | O_CLOEXEC | O_CREAT
    case .empty: flags = O_RDWR | O_CLOEXEC | O_CREAT | O_TRUNC
    }
    descriptor = try Descriptor(retrying { unsafe open(path, flags, 0o644) }, from: "open")
  }

  public func size() throws(SystemCallError) -> Int {
    var status = stat()
    guard unsafe fstat(descriptor.rawValue, &status) == 0 else { throw .last("fstat") }
    return Int(status.st_size)
  }

  /// Up to `count` bytes from `position` on; fewer only at the end of the file.
  public func read(at position: Int, count: Int) throws(SystemCallError) -> ByteSlice {
    var done = 0
    var failure: SystemCallError?
    let block = unsafe ByteBlock(count: count) { target in
      while done < count {
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: target[done...])
        let result = retrying {
          unsafe pread(descriptor.rawValue, rest.baseAddress, rest.count, position + done)
        }
        if result < 0 { failure = .last("pread") }
        guard result > 0 else { return }
        done += result
      }
    }
    if let failure { throw failure }
    return ByteSlice(block, range: 0..<done)
  }

  /// Writes the pieces one after another from `position` on, without copying them.
  public func write(_ pieces: [ByteSlice], at position: Int) throws(SystemCallError) {
    var vectors = Vectors(pieces)
    var next = position
    while let count = try vectors.write(to: descriptor.rawValue, at: next) { next += count }
  }

  public func truncate(to size: Int) throws(SystemCallError) {
    guard retrying({ ftruncate(descriptor.rawValue, size) }) == 0 else { throw .last("ftruncate") }
  }

  /// Returns when what was written is on the device, with what it takes to find it again except the file's
  /// name.
  public func sync() throws(SystemCallError) {
    guard retrying({ fdatasync(descriptor.rawValue) }) == 0 else { throw .last("fdatasync") }
  }

  /// Takes the file for this process alone until it is closed; false when another process has it.
  public func lock() throws(SystemCallError) -> Bool {
    if retrying({ flock(descriptor.rawValue, LOCK_EX | LOCK_NB) }) == 0 { return true }
    guard errno == EWOULDBLOCK else { throw .last("flock") }
    return false
  }
}

/// Pieces on their way into `pwritev`. Safe, because the pieces are held as long as pointers to them are
/// used.
@safe private struct Vectors {
  /// What Linux takes in one call (UIO_MAXIOV).
  private static let mostAtOnce = 1024
  /// Keeps the memory alive that `vectors` points into.
  private let pieces: [ByteSlice]
  private var vectors: [iovec]
  private var first = 0

  init(_ pieces: [ByteSlice]) {
    self.pieces = pieces
    unsafe vectors = unsafe pieces.filter { !$0.isEmpty }.map { piece in
      unsafe piece.withUnsafeBytes { bytes in
        unsafe iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
      }
    }
  }

  /// Writes as much as one call takes and says how much that was; nil when nothing is left.
  mutating func write(to descriptor: Int32, at position: Int) throws(SystemCallError) -> Int? {
    let count = unsafe min(vectors.count - first, Self.mostAtOnce)
    guard count > 0 else { return nil }
    let first = first
    let written = withExtendedLifetime(pieces) {
      unsafe vectors.withUnsafeBufferPointer { vectors in
        retrying { unsafe pwritev(descriptor, vectors.baseAddress! + first, Int32(count), position) }
      }
    }
    guard written >= 0 else { throw .last("pwritev") }
    advance(by: written)
    return written
  }

  private mutating func advance(by count: Int) {
    var rest = count
    while first < (unsafe vectors.count), rest >= (unsafe vectors[first].iov_len) {
      unsafe rest -= vectors[first].iov_len
      first += 1
    }
    guard rest > 0 else { return }
    unsafe vectors[first].iov_base += rest
    unsafe vectors[first].iov_len -= rest
  }
}
