// XXH64 beside the xxhash package of PyPI, which wraps the reference implementation.
import Basics
import Foundation
import Testing

@Suite struct XXH64JudgeTests {
  static let python = ProcessInfo.processInfo.environment["RATCHET_JUDGES"]

  /// Reads lines of `seed hex`, answers each with its hash in hexadecimal.
  private static let program = """
    import sys, xxhash
    for line in sys.stdin:
        seed, data = (line.rstrip("\\n") + " ").split(" ")[:2]
        print(xxhash.xxh64(bytes.fromhex(data), seed=int(seed)).hexdigest())
    """

  @Test("hashes equal the reference implementation's", .enabled(if: python != nil))
  func reference() throws {
    var random = SeededRandom(seed: 64)
    let cases = (0..<400).map { length in
      (seed: random.next(), bytes: (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    }
    let lines = cases.map { "\($0.seed) " + $0.bytes.map(hexadecimal).joined() + "\n" }
    let answers = try answer(to: lines.joined()).split(separator: "\n")
    try #require(answers.count == cases.count)
    for (item, answer) in zip(cases, answers) {
      #expect(unsafe XXH64.hash(item.bytes.span.bytes, seed: item.seed) == UInt64(answer, radix: 16))
    }
  }

  private func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

  private func answer(to questions: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Self.python))
    process.arguments = ["-c", Self.program]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    Thread.detachNewThread {
      try? input.fileHandleForWriting.write(contentsOf: Data(questions.utf8))
      try? input.fileHandleForWriting.close()
    }
    let answers = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: answers, as: UTF8.self)
  }
}
