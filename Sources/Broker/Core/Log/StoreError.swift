// Why the store cannot go on, and what a person can do about it.
public import Basics

public enum StoreError: Error, Hashable, Sendable {
  case disk(DiskError)
  /// A file does not hold what was once synced there. Nothing was changed.
  case damaged(file: String, position: Int, what: String)
}

extension StoreError {
  /// What to tell the operator.
  public var diagnostic: Diagnostic {
    switch self {
    case .disk(let error): error.diagnostic
    case .damaged(let file, let position, let what):
      Diagnostic(
        "\(what), at byte \(position)", at: .path(file),
        why: "acknowledged data stood there, so it is not cut off silently",
        next: "copy the data folder, run `ratchet broker check` on it, and restore the file from a backup")
    }
  }
}

extension DiskError {
  /// What to tell the operator.
  public var diagnostic: Diagnostic {
    switch self {
    case .full(let path):
      Diagnostic(
        "no space left on the device", at: .path(path), why: "nothing acknowledged is lost",
        next: "free space or shorten the topics' retention, then start again")
    case .readOnly(let path):
      Diagnostic(
        "cannot write", at: .path(path), why: "the folder or its file system is read-only for this user",
        next: "check its owner, its permissions and how it is mounted")
    case .locked(let path):
      Diagnostic(
        "another process uses this data folder", at: .path(path), why: "two brokers would destroy its data",
        next: "stop the other one, or choose another --data folder")
    case .missing(let path): Diagnostic("no such file", at: .path(path))
    case .failed(let path, let reason):
      Diagnostic(
        "the disk failed: \(reason)", at: .path(path), why: "what it kept of the last writes is unknown",
        next: "check the device; the next start recovers everything acknowledged")
    }
  }
}

/// Runs `body`, and says of a disk's error that it is the store's.
func onDisk<Result>(_ body: () throws(DiskError) -> Result) throws(StoreError) -> Result {
  do { return try body() } catch { throw .disk(error) }
}
