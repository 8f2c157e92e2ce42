// Where a benchmark keeps its files while it runs.
import POSIX

func makeTemporaryFolder() throws -> String {
  let base = environmentVariable("TMPDIR") ?? "/tmp"
  let folder = "\(base)/ratchet-bench-\(UInt32.random(in: 0 ... .max))"
  try makeFolder(folder)
  return folder
}

func removeTree(_ path: String) throws {
  var remover = try ChildProcess("/bin/rm", ["-rf", path], output: "/dev/null")
  guard remover.wait() == 0 else { throw BenchFailure("\(path) could not be removed") }
}
