// The same job in Quix Streams, a stream processor in Python, on the same broker and topic.
import Basics
import POSIX

/// It does some thousand records a second, so a full job takes minutes, and a quarter of an hour with many
/// keys on a busy machine: longer than anybody waits without knowing. By then windows have closed.
private let quixSeconds = 600

/// Lines about its run; one that says so where it is not set up.
func quixStreams(
  on bootstrap: String, _ topic: String, _ count: Int, _ folder: String
) throws -> [String] {
  let root = #filePath.split(separator: "/").dropLast(5).map { "/" + $0 }.joined()
  let interpreter = root + "/.build/peers/bin/python3"
  guard isExecutable(interpreter) else {
    return ["  Quix Streams is not set up: .ci/setup peers"]
  }
  let output = "\(folder)/quix-\(topic)"
  let words = [
    interpreter, "-B", root + "/Tests/BenchTests/Peers/quix.py", bootstrap, topic, "\(count)",
    "\(folder)/quix-state-\(topic)", "\(quixSeconds)",
  ]
  let notice = "Quix Streams is at work on \(count) records, for \(quixSeconds) s at most\n"
  writeToStandardError(Array(notice.utf8))
  var process = try ChildProcess("/usr/bin/env", words, output: output)
  let status = process.wait()
  let text = String(decoding: try readWholeFile(output, limit: 1 << 20), as: UTF8.self)
  guard status == 0, let last = text.split(separator: "\n").last else {
    throw BenchFailure("Quix Streams:\n\(text)")
  }
  return ["  \(last)"]
}
