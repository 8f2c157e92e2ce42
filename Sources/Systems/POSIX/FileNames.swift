// Folders, and the names in them.
internal import Glibc

/// Makes the folder and those above it, as far as they are missing.
public func makeFolder(_ path: String) throws(SystemCallError) {
  if unsafe mkdir(path, 0o755) == 0 || errno == EEXIST { return }
  guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
    throw .last("mkdir")
  }
  try makeFolder(String(path[..<slash]))
  guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else { throw .last("mkdir") }
}

/// The names in a folder, without "." and "..", in no order.
public func namesInFolder(_ path: String) throws(SystemCallError) -> [String] {
  guard let folder = unsafe opendir(path) else { throw .last("opendir") }
  defer { unsafe closedir(folder) }
  var names: [String] = []
  while true {
    errno = 0
    guard let entry = unsafe readdir(folder) else {
      if errno != 0 { throw .last("readdir") }
      return names
    }
    let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
      unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
}

/// Whether a folder has this path, or a link to one.
public func isFolder(_ path: String) -> Bool {
  guard let folder = unsafe opendir(path) else { return false }
  unsafe closedir(folder)
  return true
}

/// Gives a file another name, in place of the file that had it.
public func renameFile(_ path: String, to target: String) throws(SystemCallError) {
  guard unsafe rename(path, target) == 0 else { throw .last("rename") }
}

/// Whether this user may run the file.
public func isExecutable(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 }

/// Removes a file; a missing one is no error.
public func removeFile(_ path: String) throws(SystemCallError) {
  guard unsafe unlink(path) == 0 || errno == ENOENT else { throw .last("unlink") }
}

/// Returns when the names in the folder are on the device.
public func syncFolder(_ path: String) throws(SystemCallError) {
  let folder = try Descriptor(
    retrying { unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }, from: "open")
  guard retrying({ fsync(folder.rawValue) }) == 0 else { throw .last("fsync") }
}

extension SystemCallError {
  /// The device, or this user's share of it, has no room.
  public var isOutOfSpace: Bool { code == ENOSPC || code == EDQUOT }
  /// This user may not write there.
  public var isNotPermitted: Bool { code == EROFS || code == EACCES || code == EPERM }
  public var isMissingFile: Bool { code == ENOENT }
}
