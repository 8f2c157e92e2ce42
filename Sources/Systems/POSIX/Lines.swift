// Lines of a file or of standard input, read piece by piece, so that size does not matter.
internal import Glibc

/// Lends each line without its newline, counted from 1. Of a line longer than `limit` bytes the first
/// `limit + 1` are lent, so that it shows. `path` may be `-`, which is standard input.
public func forEachLine<Failure: Error>(
  of path: String, limit: Int, _ body: (_ number: Int, _ line: RawSpan) throws(Failure) -> Void
) throws(LinesError<Failure>) {
  let input: LineInput
  do throws(SystemCallError) { input = try LineInput(path) } catch { throw .reading(error) }
  var line: [UInt8] = []
  var number = 1
  var piece = [UInt8](repeating: 0, count: 64 << 10)
  func lend() throws(LinesError<Failure>) {
    do throws(Failure) { try body(number, unsafe line.span.bytes) } catch { throw .body(error) }
    number += 1
    line.removeAll(keepingCapacity: true)
  }
  while true {
    let count: Int
    do throws(SystemCallError) { count = try input.read(into: &piece) } catch { throw .reading(error) }
    if count == 0 { break }
    var start = 0
    while start < count {
      let end = piece[start..<count].firstIndex(of: UInt8(ascii: "\n"))
      let rest = max(0, limit + 1 - line.count)
      line += piece[start..<(end ?? count)].prefix(rest)
      if end != nil { try lend() }
      start = (end ?? count) + 1
    }
  }
  if !line.isEmpty { try lend() }
}

/// Why lines could not be gone through.
public enum LinesError<Failure: Error>: Error {
  case reading(SystemCallError)
  case body(Failure)
}

private struct LineInput {
  /// nil is standard input, which stays open.
  private let file: Descriptor?

  init(_ path: String) throws(SystemCallError) {
    file =
      path == "-" ? nil : try Descriptor(retrying { unsafe open(path, O_RDONLY | O_CLOEXEC) }, from: "open")
  }

  func read(into piece: inout [UInt8]) throws(SystemCallError) -> Int {
    let count = retrying {
      unsafe piece.withUnsafeMutableBytes {
        unsafe Glibc.read(file?.rawValue ?? STDIN_FILENO, $0.baseAddress, $0.count)
      }
    }
    guard count >= 0 else { throw .last("read") }
    return count
  }
}
