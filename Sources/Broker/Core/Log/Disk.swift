// What the store asks of a disk. Real files, memory and the simulator's lying disk stand behind it, so
// everything the store promises about crashes is tried where crashes are cheap. Paths are relative to the
// data folder.
public import Basics
public import BrokerProtocol

/// Why the disk refused; the cases are named for what a person can do about it.
public enum DiskError: Error, Hashable, Sendable {
  case full(path: String)
  case readOnly(path: String)
  /// Another process holds the data folder.
  case locked(path: String)
  case missing(path: String)
  /// The device or file system failed; `reason` is the system's own word for it.
  case failed(path: String, reason: String)
}

/// How a file is opened for writing.
public enum FileCreation: Sendable {
  /// It must be there.
  case never
  case ifMissing
  /// A file of that name loses its contents.
  case empty
}

/// A folder of files. Nothing is promised to survive a crash until it was synced: contents by
/// `DiskFile.sync`, names by `syncFolder`.
public protocol Disk: Sendable {
  func open(_ path: String, create: FileCreation) throws(DiskError) -> any DiskFile
  func makeFolder(_ path: String) throws(DiskError)
  /// The names in a folder, in no order.
  func list(_ folder: String) throws(DiskError) -> [String]
  /// Replaces `target` if it exists.
  func rename(_ path: String, to target: String) throws(DiskError)
  /// A missing file is no error.
  func remove(_ path: String) throws(DiskError)
  /// Makes creations, renames and removals in the folder survive a crash; "" is the data folder itself.
  func syncFolder(_ path: String) throws(DiskError)
}

/// An open file. It may be used from several threads, by one writer at a time; closed when the last reference
/// goes.
public protocol DiskFile: AnyObject, Sendable {
  func size() throws(DiskError) -> Int
  /// Writes the pieces one after another from `position` on; all or an error.
  func write(_ pieces: [ByteSlice], at position: Int) throws(DiskError)
  /// Up to `count` bytes from `position`; fewer only at the end of the file.
  func read(at position: Int, count: Int) throws(DiskError) -> ByteSlice
  func truncate(to size: Int) throws(DiskError)
  /// Makes what was written survive a crash. After a failure nothing is known of it: stop.
  func sync() throws(DiskError)
  /// The descriptor from which a server may send without reading; nil where there is none.
  var openFile: (any OpenFile)? { get }
}

extension Disk {
  /// The whole file.
  func contents(of path: String) throws(DiskError) -> ByteSlice {
    let file = try open(path, create: .never)
    return try file.read(at: 0, count: file.size())
  }
}
