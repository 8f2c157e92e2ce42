// What is collected from an agent: the value behind `agent.configured` (R1.10, R1.12, R2.2). Pure, and
// kept in stores by whoever hears the event.
public import Basics

/// One agent's settings, as shipped unless set.
public struct AgentSettings: Hashable, Sendable {
  /// Whether anything is learned from it.
  public var learningEnabled = true
  /// Whether examples are collected without being asked for.
  public var autoCollect = true
  public var collectCorrections = true
  public var collectRatings = true
  public var collectFailures = true
  /// The least rating, of 1 to 5, that counts as positive.
  public var minimumPositiveRating = 4
  /// The greatest rating that counts as negative.
  public var maximumNegativeRating = 2
  /// The categories of issues that are taken; nil takes all.
  public var issueCategories: [String]?
  /// How much feedback of one user a minute takes.
  public var feedbackPerMinute = usualFeedbackPerMinute

  /// One a second: no hand is faster for long.
  public static let usualFeedbackPerMinute = 60

  public init() {}

  /// What an event does not say is as shipped, not as it was before.
  public init(_ event: borrowing Fields<AgentConfigured>) {
    learningEnabled = event.boolean(.learningEnabled) ?? true
    autoCollect = event.boolean(.autoCollect) ?? true
    collectCorrections = event.boolean(.collectCorrections) ?? true
    collectRatings = event.boolean(.collectRatings) ?? true
    collectFailures = event.boolean(.collectFailures) ?? true
    minimumPositiveRating = event.whole(.minimumPositiveRating).map(Int.init) ?? 4
    maximumNegativeRating = event.whole(.maximumNegativeRating).map(Int.init) ?? 2
    issueCategories = event.texts(.issueCategories)
    feedbackPerMinute = event.whole(.feedbackPerMinute).map(Int.init) ?? Self.usualFeedbackPerMinute
  }
}

extension AgentSettings: Storable {
  public func store(into bytes: inout [UInt8]) {
    let flags = [learningEnabled, autoCollect, collectCorrections, collectRatings, collectFailures]
    bytes.append(flags.reversed().reduce(0) { $0 << 1 | ($1 ? 1 : 0) })
    bytes.append(UInt8(clamping: minimumPositiveRating))
    bytes.append(UInt8(clamping: maximumNegativeRating))
    bytes.append(texts: issueCategories)
    // Only where it is set: what was stored before this setting existed is what is stored of it today.
    guard feedbackPerMinute != Self.usualFeedbackPerMinute else { return }
    bytes.append(littleEndian: UInt32(clamping: feedbackPerMinute))
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let flags = reader.integer(UInt8.self), let positive = reader.integer(UInt8.self),
      let negative = reader.integer(UInt8.self), let categories = reader.texts()
    else { return nil }
    func isOn(_ bit: UInt8) -> Bool { flags >> bit & 1 == 1 }
    learningEnabled = isOn(0)
    autoCollect = isOn(1)
    collectCorrections = isOn(2)
    collectRatings = isOn(3)
    collectFailures = isOn(4)
    minimumPositiveRating = Int(positive)
    maximumNegativeRating = Int(negative)
    issueCategories = categories.texts
    guard !reader.isAtEnd else { return }
    guard let perMinute = reader.integer(UInt32.self), reader.isAtEnd else { return nil }
    feedbackPerMinute = Int(perMinute)
  }
}
