import Basics
import Synchronization
import Testing

@Suite struct LoggerTests {
  final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
    var all: [String] { lines.withLock { $0 } }
  }

  private func logger(_ format: Logger.Format, into lines: Lines) -> Logger {
    Logger(
      service: "ratchet", version: "1.2.3", format: format,
      now: { Timestamp(milliseconds: 1_769_850_000_123) }, write: { lines.add($0) })
  }

  private let entry = Logger.Entry(
    .error, "commit_failed", "the epoch was not committed", session: "s1", user: "u\"1\"",
    data: ["partition": 3, "fatal": false, "share": 0.5, "topic": "a\tb"],
    performance: ["commit": .microseconds(1500)], error: "fsync: no space left")

  @Test("a JSON line carries every field, escaped, and ends with a line feed")
  func jsonLine() {
    let lines = Lines()
    logger(.json, into: lines).log(entry)
    #expect(
      lines.all == [
        #"{"timestamp":"2026-01-31T09:00:00.123Z","level":"error","service":"ratchet","version":"1.2.3","#
          + #""event_type":"commit_failed","message":"the epoch was not committed","session":"s1","#
          + #""user":"u\"1\"","data":{"partition":3,"fatal":false,"share":0.5,"topic":"a\tb"},"#
          + #""performance":{"commit_ms":1.5},"error":"fsync: no space left"}"# + "\n"
      ])
  }

  @Test("a text line carries the same for people")
  func textLine() {
    let lines = Lines()
    logger(.text, into: lines).log(entry)
    #expect(
      lines.all == [
        #"2026-01-31T09:00:00.123Z error commit_failed the epoch was not committed session="s1" "#
          + #"user="u\"1\"" partition=3 fatal=false share=0.5 topic="a\tb" commit=1.5ms "#
          + #"error="fsync: no space left""# + "\n"
      ])
  }

  @Test("what is below the minimum level is not written")
  func minimumLevel() {
    let lines = Lines()
    var quiet = logger(.text, into: lines)
    quiet.minimumLevel = .warning
    quiet.info("started", "listening")
    quiet.warning("slow", "fsync took long")
    #expect(lines.all.count == 1)
  }

  @Test("control characters are escaped as JSON asks")
  func controlCharacters() {
    var text: [UInt8] = []
    text.appendJSON("\u{1}\u{1f}\n\\é")
    #expect(String(decoding: text, as: UTF8.self) == "\"\\u0001\\u001f\\n\\\\é\"")
    text = []
    text.appendJSON(Double.nan)
    #expect(text == Array("null".utf8))
  }
}
