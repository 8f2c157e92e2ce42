// What can go wrong with the database on disk, named for what the caller can do about it.
public import Basics
internal import CRocksDB

public enum StoreError: Error, Hashable, Sendable {
  /// Another process, or another owner in this one, has the folder open.
  case inUse(String)
  /// The files contradict themselves or some are missing: destroy the folder and restore from the changelogs.
  case restore(String)
  /// The disk or the folder refuses: a person must look.
  case fatal(String)

  public var diagnostic: Diagnostic {
    switch self {
    case .inUse(let reason):
      Diagnostic("the state folder is in use", why: reason, next: "stop the process that holds it")
    case .restore(let reason):
      Diagnostic("the state folder is damaged", why: reason, next: "restoring it from the changelogs")
    case .fatal(let reason):
      Diagnostic("the state folder cannot be used", why: reason, next: "check its disk and permissions")
    }
  }

  /// RocksDB's C interface hands out a status as text only: its code's fixed name, a colon, then the details.
  init(status: String) {
    if status.hasPrefix("IO error: lock ") || status.contains("While lock file") {
      self = .inUse(status)
    } else if status.hasPrefix("Corruption: ")
      || status.hasPrefix("IO error: No such file or directory: While open")
    {
      self = .restore(status)
    } else {
      self = .fatal(status)
    }
  }
}

typealias Status = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

/// Runs one call into RocksDB and turns the status that it leaves into an error.
@inline(__always)
func checked<Result: ~Copyable>(_ call: (Status) -> Result) throws(StoreError) -> Result {
  var status: UnsafeMutablePointer<CChar>? = nil
  let result = unsafe call(&status)
  guard let text = unsafe status else { return result }
  defer { unsafe rocksdb_free(text) }
  throw unsafe StoreError(status: String(cString: text))
}
