// Small files that are read in one go, such as configuration.
internal import Glibc

/// The bytes of a file, opened for reading only; at most `limit` and one more, so that a longer one shows.
public func readWholeFile(_ path: String, limit: Int) throws(SystemCallError) -> [UInt8] {
  let descriptor = try Descriptor(retrying { unsafe open(path, O_RDONLY | O_CLOEXEC) }, from: "open")
  var bytes: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 64 << 10)
  while bytes.count <= limit {
    let wanted = min(piece.count, limit + 1 - bytes.count)
    let count = retrying {
      unsafe piece.withUnsafeMutableBytes { unsafe read(descriptor.rawValue, $0.baseAddress, wanted) }
    }
    guard count >= 0 else { throw .last("read") }
    if count == 0 { break }
    bytes += piece.prefix(count)
  }
  return bytes
}
