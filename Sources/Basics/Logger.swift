// Structured logs: one line a message, JSON for machines or text for people, the same fields in both.
import Glibc

/// A value that a log line carries.
public enum LogValue: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral
{
  case text(String), integer(Int64), number(Double), flag(Bool)

  public init(stringLiteral value: String) { self = .text(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(booleanLiteral value: Bool) { self = .flag(value) }
}

/// Writes log lines with the fields: timestamp, level, service, version, event_type, message, session, user,
/// data, performance (durations in milliseconds) and, for errors, error with its context. Safe to use from
/// any thread: a line is one write, and lines of at most 4 KiB do not mix on a pipe.
public struct Logger: Sendable {
  public enum Level: String, CaseIterable, Comparable, Sendable {
    case debug, info, warning, error

    public static func < (a: Level, b: Level) -> Bool {
      allCases.firstIndex(of: a)! < allCases.firstIndex(of: b)!
    }
  }

  public enum Format: String, CaseIterable, Sendable { case json, text }

  /// One message with what is known about it; fields that are nil or empty are left out of the line.
  public struct Entry: Sendable {
    public var level: Level
    /// What kind of thing happened, in snake case: `broker_started`.
    public var eventType: String
    public var message: String
    public var session: String?
    public var user: String?
    public var data: [(name: String, value: LogValue)]
    /// How long parts of it took.
    public var performance: [(name: String, duration: Duration)]
    /// For errors: what failed.
    public var error: String?

    public init(
      _ level: Level, _ eventType: String, _ message: String, session: String? = nil,
      user: String? = nil, data: KeyValuePairs<String, LogValue> = [:],
      performance: KeyValuePairs<String, Duration> = [:], error: String? = nil
    ) {
      self.level = level
      self.eventType = eventType
      self.message = message
      self.session = session
      self.user = user
      self.data = data.map { (name: $0.key, value: $0.value) }
      self.performance = performance.map { (name: $0.key, duration: $0.value) }
      self.error = error
    }
  }

  public var service: String
  public var version: String
  public var format: Format
  public var minimumLevel: Level
  private let now: @Sendable () -> Timestamp
  private let write: @Sendable ([UInt8]) -> Void

  /// `now` stamps lines and `write` receives each whole line with its line feed; unless given, the system
  /// clock and standard error.
  public init(
    service: String, version: String, format: Format = .text, minimumLevel: Level = .info,
    now: @escaping @Sendable () -> Timestamp = systemTime,
    write: @escaping @Sendable ([UInt8]) -> Void = writeToStandardError
  ) {
    self.service = service
    self.version = version
    self.format = format
    self.minimumLevel = minimumLevel
    self.now = now
    self.write = write
  }

  public func log(_ entry: Entry) {
    guard entry.level >= minimumLevel else { return }
    var line = format == .json ? jsonLine(entry, at: now()) : textLine(entry, at: now())
    line.append(UInt8(ascii: "\n"))
    write(line)
  }

  public func info(
    _ eventType: String, _ message: String, data: KeyValuePairs<String, LogValue> = [:],
    performance: KeyValuePairs<String, Duration> = [:]
  ) {
    log(Entry(.info, eventType, message, data: data, performance: performance))
  }

  public func warning(
    _ eventType: String, _ message: String, data: KeyValuePairs<String, LogValue> = [:],
    error: String? = nil
  ) {
    log(Entry(.warning, eventType, message, data: data, error: error))
  }

  public func error(
    _ eventType: String, _ message: String, error: String,
    data: KeyValuePairs<String, LogValue> = [:]
  ) {
    log(Entry(.error, eventType, message, data: data, error: error))
  }
}

extension Logger {
  private func jsonLine(_ entry: Entry, at time: Timestamp) -> [UInt8] {
    var line: [UInt8] = []
    func field(_ name: String, _ value: String?) {
      guard let value else { return }
      line.append(UInt8(ascii: line.isEmpty ? "{" : ","))
      line.appendJSON(name)
      line.append(UInt8(ascii: ":"))
      line.appendJSON(value)
    }
    func object(_ name: String, _ members: [(name: String, value: LogValue)]) {
      guard !members.isEmpty else { return }
      line.append(UInt8(ascii: ","))
      line.appendJSON(name)
      for (index, member) in members.enumerated() {
        line.append(contentsOf: index == 0 ? ":{".utf8 : ",".utf8)
        line.appendJSON(member.name)
        line.append(UInt8(ascii: ":"))
        line.append(member.value)
      }
      line.append(UInt8(ascii: "}"))
    }
    field("timestamp", time.description)
    field("level", entry.level.rawValue)
    field("service", service)
    field("version", version)
    field("event_type", entry.eventType)
    field("message", entry.message)
    field("session", entry.session)
    field("user", entry.user)
    object("data", entry.data)
    object("performance", entry.performance.map { ($0.name + "_ms", .number($0.duration.logged_ms)) })
    field("error", entry.error)
    line.append(UInt8(ascii: "}"))
    return line
  }

  /// `2026-01-31T09:00:00.000Z info  broker_started listening on 127.0.0.1:9092 partitions=4 recovery=12.5ms`
  private func textLine(_ entry: Entry, at time: Timestamp) -> [UInt8] {
    let level = entry.level.rawValue
    var line = Array("\(time) \(level)\(level.count < 5 ? " " : "") \(entry.eventType) ".utf8)
    line.append(contentsOf: entry.message.utf8)
    func pair(_ name: String, _ value: LogValue) {
      line.append(contentsOf: " \(name)=".utf8)
      line.append(value)
    }
    if let session = entry.session { pair("session", .text(session)) }
    if let user = entry.user { pair("user", .text(user)) }
    for (name, value) in entry.data { pair(name, value) }
    for (name, duration) in entry.performance {
      line.append(contentsOf: " \(name)=\(duration.logged_ms)ms".utf8)
    }
    if let error = entry.error { pair("error", .text(error)) }
    return line
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ value: LogValue) {
    switch value {
    case .text(let text): appendJSON(text)
    case .integer(let integer): append(contentsOf: String(integer).utf8)
    case .number(let number): appendJSON(number)
    case .flag(let flag): append(contentsOf: flag ? "true".utf8 : "false".utf8)
    }
  }
}

extension Duration {
  /// Milliseconds to the microsecond.
  fileprivate var logged_ms: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) * 1000 + Double(attoseconds / 1_000_000_000_000) / 1000
  }
}

/// The system's wall clock.
public func systemTime() -> Timestamp {
  var time = timespec()
  unsafe clock_gettime(CLOCK_REALTIME, &time)
  return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
}

/// Writes bytes to standard error, whole or, if it is closed, not at all.
public func writeToStandardError(_ bytes: [UInt8]) {
  unsafe bytes.withUnsafeBytes { buffer in
    var done = 0
    while done < buffer.count {
      let count = unsafe write(2, buffer.baseAddress! + done, buffer.count - done)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      done += count
    }
  }
}
