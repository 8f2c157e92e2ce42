// What a user has lately given, as far as spam rules and the rate limit need it (R1.11, R1.12). Counted by
// the time that events carry, so that the same feedback passes in whatever order topics are read.
public import Basics
public import Events

/// A user's recent feedback in one task, counted.
public struct UserActivity: Hashable, Sendable {
  /// Distinct seconds, minutes and texts that are remembered: those latest in time.
  static let remembered = 32

  /// So many at a place in time, or of a text.
  struct Count: Hashable, Sendable {
    var what: UInt64
    var time: Int64
    var count: UInt32
  }

  /// Why a feedback does not pass.
  public enum Refusal: Hashable, Sendable {
    case spam(SpamRule)
    case tooMany(perMinute: Int)
  }

  private var seconds: [Count] = []
  private var minutes: [Count] = []
  private var texts: [Count] = []

  public init() {}

  /// Counts a feedback, unless it is refused: then nothing is changed. `perMinuteMax` is the limit of the
  /// agent that it is about; what the user has given to others counts as well.
  public mutating func pass(
    at time: EventTime, text: String?, perMinuteMax: Int = AgentSettings.usualFeedbackPerMinute
  ) -> Refusal? {
    if let text, let rule = SpamRule.broken(by: text) { return .spam(rule) }
    let (second, minute, hour) = (
      Self.floor(time, 1000), Self.floor(time, 60_000), Self.floor(time, 3_600_000)
    )
    let fingerprint = text.flatMap(SpamRule.fingerprint)
    if let fingerprint, Self.count(texts, fingerprint, hour) >= SpamRule.repeatsMax {
      return .spam(.repeatedText)
    }
    if Self.count(seconds, 0, second) >= SpamRule.judgementsPerSecondMax { return .spam(.burst) }
    if Self.count(minutes, 0, minute) >= perMinuteMax { return .tooMany(perMinute: perMinuteMax) }
    Self.add(&seconds, 0, second)
    Self.add(&minutes, 0, minute)
    if let fingerprint { Self.add(&texts, fingerprint, hour) }
    return nil
  }

  /// Whether a text alone is spam, whoever gives it.
  public static func refusal(ofText text: String) -> Refusal? { SpamRule.broken(by: text).map { .spam($0) } }

  private static func floor(_ time: EventTime, _ unit_ms: Int64) -> Int64 {
    let rest = time.rawValue % unit_ms
    return time.rawValue / unit_ms - (rest < 0 ? 1 : 0)
  }

  private static func count(_ counts: [Count], _ what: UInt64, _ time: Int64) -> Int {
    Int(counts.first { $0.what == what && $0.time == time }?.count ?? 0)
  }

  private static func add(_ counts: inout [Count], _ what: UInt64, _ time: Int64) {
    if let index = counts.firstIndex(where: { $0.what == what && $0.time == time }) {
      counts[index].count += 1
      return
    }
    counts.append(Count(what: what, time: time, count: 1))
    guard counts.count > remembered else { return }
    let oldest = counts.indices.min { (counts[$0].time, $0) < (counts[$1].time, $1) }
    if let oldest { counts.remove(at: oldest) }
  }
}

extension UserActivity: Storable {
  public func store(into bytes: inout [UInt8]) {
    for counts in [seconds, minutes, texts] {
      bytes.append(UInt8(counts.count))
      for count in counts {
        bytes.append(littleEndian: count.what)
        bytes.append(littleEndian: count.time)
        bytes.append(littleEndian: count.count)
      }
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    func counts(_ reader: inout ByteReader) -> [Count]? {
      guard let count = reader.integer(UInt8.self) else { return nil }
      var counts: [Count] = []
      for _ in 0..<count {
        guard let what = reader.integer(UInt64.self), let time = reader.integer(Int64.self),
          let number = reader.integer(UInt32.self)
        else { return nil }
        counts.append(Count(what: what, time: time, count: number))
      }
      return counts
    }
    guard let seconds = counts(&reader), let minutes = counts(&reader), let texts = counts(&reader),
      reader.isAtEnd
    else { return nil }
    (self.seconds, self.minutes, self.texts) = (seconds, minutes, texts)
  }
}
