// The folder that makes an installation an installation: its lock keeps a second process out, its instance id
// keeps its seat in the group and its transactional ids across restarts.
public import Basics
internal import POSIX

/// A data folder that this process holds alone, until it ends or the last reference goes.
public final class DataFolder: Sendable {
  public let path: String
  /// Made once, for ever; of 16 hexadecimal digits.
  public let instanceID: String
  private let lock: File

  /// Takes the folder, making it when it is not there. `newID` is used if it has no instance id yet.
  public init(_ path: String, newID: UInt64 = .random(in: .min ... .max)) throws(Diagnostic) {
    self.path = path
    let isFree: Bool
    do throws(SystemCallError) {
      try makeFolder(path)
      lock = try File("\(path)/lock", create: .ifMissing)
      isFree = try lock.lock()
      instanceID = isFree ? try Self.readOrMakeID(path, newID) : ""
    } catch {
      throw Diagnostic("the data folder cannot be used: \(error)", at: .path(path))
    }
    guard isFree else {
      throw Diagnostic(
        "the data folder is in use", at: .path(path), why: "another process holds its lock",
        next: "give each process a folder of its own, or stop the other")
    }
  }

  private static func readOrMakeID(_ path: String, _ newID: UInt64) throws(SystemCallError) -> String {
    let length = 16
    let file = try File("\(path)/instance-id", create: .ifMissing)
    let known = try file.read(at: 0, count: length).bytes
    if known.count == length { return String(decoding: known, as: UTF8.self) }
    let digits = String(newID, radix: 16)
    let id = String(repeating: "0", count: length - digits.count) + digits
    try file.write([ByteSlice(Array(id.utf8))], at: 0)
    try file.sync()
    try syncFolder(path)
    return id
  }
}
