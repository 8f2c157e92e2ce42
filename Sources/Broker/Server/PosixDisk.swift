// The store's disk on real files. One process at a time: the folder is locked for as long as the disk lives.
public import BrokerCore
import BrokerProtocol
import Basics
import POSIX

public final class PosixDisk: Disk {
  private let root: String
  private let lock: File

  /// Takes the folder, and makes it first if it is missing and `create` says so.
  public init(folder root: String, create: Bool = true) throws(DiskError) {
    self.root = root
    if create { try naming(root) { () throws(SystemCallError) in try POSIX.makeFolder(root) } }
    let path = root + "/lock"
    lock = try naming(path) { () throws(SystemCallError) in try File(path, create: .ifMissing) }
    let lock = lock
    let isMine = try naming(path) { () throws(SystemCallError) in try lock.lock() }
    guard isMine else { throw .locked(path: root) }
  }

  private func full(_ path: String) -> String { path.isEmpty ? root : "\(root)/\(path)" }

  public func open(_ path: String, create: FileCreation) throws(DiskError) -> any DiskFile {
    let path = full(path)
    let creation: File.Creation =
      switch create {
      case .never: .never
      case .ifMissing: .ifMissing
      case .empty: .empty
      }
    return PosixFile(
      path, try naming(path) { () throws(SystemCallError) in try File(path, create: creation) })
  }

  public func makeFolder(_ path: String) throws(DiskError) {
    let path = full(path)
    try naming(path) { () throws(SystemCallError) in try POSIX.makeFolder(path) }
  }

  public func list(_ folder: String) throws(DiskError) -> [String] {
    let path = full(folder)
    return try naming(path) { () throws(SystemCallError) in try namesInFolder(path) }
  }

  public func rename(_ path: String, to target: String) throws(DiskError) {
    let (path, target) = (full(path), full(target))
    try naming(path) { () throws(SystemCallError) in try renameFile(path, to: target) }
  }

  public func remove(_ path: String) throws(DiskError) {
    let path = full(path)
    try naming(path) { () throws(SystemCallError) in try removeFile(path) }
  }

  public func syncFolder(_ path: String) throws(DiskError) {
    let path = full(path)
    try naming(path) { () throws(SystemCallError) in try POSIX.syncFolder(path) }
  }
}

final class PosixFile: DiskFile, OpenFile {
  private let path: String
  private let file: File

  init(_ path: String, _ file: File) {
    self.path = path
    self.file = file
  }

  var descriptor: Int32 { file.descriptor.rawValue }
  var openFile: (any OpenFile)? { self }

  func size() throws(DiskError) -> Int {
    try naming(path) { () throws(SystemCallError) in try file.size() }
  }

  func write(_ pieces: [ByteSlice], at position: Int) throws(DiskError) {
    try naming(path) { () throws(SystemCallError) in try file.write(pieces, at: position) }
  }

  func read(at position: Int, count: Int) throws(DiskError) -> ByteSlice {
    try naming(path) { () throws(SystemCallError) in try file.read(at: position, count: count) }
  }

  func truncate(to size: Int) throws(DiskError) {
    try naming(path) { () throws(SystemCallError) in try file.truncate(to: size) }
  }

  func sync() throws(DiskError) {
    try naming(path) { () throws(SystemCallError) in try file.sync() }
  }
}

/// Runs `body`, and says of a failed call which file it was about and what can be done.
private func naming<Result>(
  _ path: String, _ body: () throws(SystemCallError) -> Result
) throws(DiskError) -> Result {
  do { return try body() } catch {
    if error.isOutOfSpace { throw .full(path: path) }
    if error.isNotPermitted { throw .readOnly(path: path) }
    if error.isMissingFile { throw .missing(path: path) }
    throw .failed(path: path, reason: error.description)
  }
}
