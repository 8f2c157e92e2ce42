// Log lines kept for a test to look at.
import Basics
import Synchronization

final class LogLines: Sendable {
  private let lines = Mutex<[String]>([])

  var logger: Logger {
    Logger(
      service: "test", version: "0",
      write: { line in
        self.lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
      })
  }

  func count(of text: String) -> Int { lines.withLock { $0.count { $0.contains(text) } } }

  func contain(_ text: String) -> Bool { lines.withLock { $0.contains { $0.contains(text) } } }
}
