// A folder as a configuration: the files in it, by their paths.
import Basics
import Control
import POSIX

/// A configuration has dozens of files; a folder with more is the wrong folder.
private let filesMax = 10_000

/// The files of a folder and of its folders, by their paths in it.
func configurationFiles(in folder: String) throws -> [String: [UInt8]] {
  var files: [String: [UInt8]] = [:]
  var folders = [""]
  while let path = folders.popLast() {
    let names: [String]
    do throws(SystemCallError) { names = try namesInFolder("\(folder)/\(path)") } catch {
      throw Diagnostic("cannot be read", at: .path(folder), why: error.reason)
    }
    for name in names where !name.hasPrefix(".") {
      let inner = path.isEmpty ? name : "\(path)/\(name)"
      if let fault = Configuration.fault(ofPath: inner) {
        throw Diagnostic("a name that no file of a configuration can have", at: .path(inner), why: fault)
      }
      if isFolder("\(folder)/\(inner)") {
        folders.append(inner)
      } else {
        files[inner] = try configurationFile("\(folder)/\(inner)")
      }
    }
    guard files.count <= filesMax else {
      throw Diagnostic("more than \(filesMax) files", at: .path(folder), next: "is this the right folder?")
    }
  }
  return files
}

func configurationFile(_ path: String) throws(Diagnostic) -> [UInt8] {
  let bytes = try readBytes(path, limit: ControlTopic.fileBytesMax)
  guard bytes.count <= ControlTopic.fileBytesMax else {
    throw Diagnostic(
      "a file of more than \(ControlTopic.fileBytesMax) bytes", at: .path(path),
      why: "a file is one record of the control topic", next: "split it")
  }
  return bytes
}
