// What is kept of a feedback, in the join with its execution: what it says, whose it is, and what has become
// of it.
public import Basics
public import Events

/// A feedback in the join.
public struct FeedbackRecord: Hashable, Sendable {
  enum Text: Int {
    case id, source, userID, sessionID, replaces, text, correction, firstIssue
  }

  /// What it says of the execution as a whole (R1.10): by its stars, by the mean of its dimensions, or by its
  /// thumb.
  public enum Polarity: UInt8, Sendable {
    case none, positive, negative
  }

  public let identity: UInt64
  public let time: EventTime
  public let type: FeedbackType
  /// 1 to 5; nil where it has no stars.
  public let rating: Int?
  /// Accuracy, helpfulness, clarity, completeness: 1 to 5; nil where not given.
  public let dimensions: [Int?]
  public let polarity: Polarity
  public let isCut: Bool
  /// It has met its execution, and whether it makes an example has been decided.
  public internal(set) var isJoined = false
  /// The example that it makes.
  public internal(set) var exampleType: ExampleType?
  /// A hash of what has been said of its example last; 0: nothing yet.
  var published: UInt64 = 0
  let texts: PackedTexts

  /// `keepsTexts` is false where no execution will ever be met: then what it says in words is of no use here.
  public init(
    _ envelope: borrowing Envelope, _ fields: borrowing Fields<FeedbackGiven>, _ settings: AgentSettings,
    keepsTexts: Bool = true
  ) {
    identity = envelope.identity
    time = envelope.time
    type = fields.choice(.feedbackType) ?? .comment
    rating = fields.whole(.rating).map { Int($0) }
    let dimensions: [FeedbackGiven] = [.accuracy, .helpfulness, .clarity, .completeness]
    self.dimensions = dimensions.map { fields.whole($0).map { Int($0) } }
    polarity = Self.polarity(type, rating, self.dimensions.compactMap(\.self), settings)
    var texts = PackedTexts()
    texts.reserve(envelope.data.byteCount)
    texts.append(envelope.id)
    texts.append(envelope.source)
    texts.append(if: fields.text(.userID))
    texts.append(if: fields.text(.sessionID))
    texts.append(if: fields.text(.replaces))
    var isCut = false
    if keepsTexts {
      isCut = texts.append(if: fields.text(.text))
      isCut = texts.append(if: fields.text(.correction)) || isCut
      for index in 0..<fields.count(.issueCategories) {
        texts.append(fields.text(.issueCategories, at: index))
      }
    }
    self.isCut = isCut
    self.texts = texts
  }

  private static func polarity(
    _ type: FeedbackType, _ rating: Int?, _ dimensions: [Int], _ settings: AgentSettings
  ) -> Polarity {
    // Stars, or the dimensions' sum over their count; compared as products, so that no fraction is rounded.
    let (sum, count) = rating.map { ($0, 1) } ?? (dimensions.reduce(0, +), dimensions.count)
    if count > 0 {
      if sum >= settings.minimumPositiveRating * count { return .positive }
      return sum <= settings.maximumNegativeRating * count ? .negative : .none
    }
    switch type {
    case .thumbsUp: return .positive
    case .thumbsDown: return .negative
    default: return .none
    }
  }

  func text(_ text: Text) -> String? { texts[text.rawValue] }

  public var id: String { text(.id) ?? "" }
  public var userID: String? { text(.userID) }
  public var sessionID: String? { text(.sessionID) }
  public var replaces: String? { text(.replaces) }
  public var correction: String? { text(.correction) }
  public var issueCategories: [String] { texts.texts(from: Text.firstIssue.rawValue).compactMap(\.self) }
}

extension FeedbackRecord: Storable {
  /// What stands in front of the texts.
  private static let numbersBytes = 8 + 8 + 8 + 8

  public func store(into bytes: inout [UInt8]) {
    bytes.append(littleEndian: identity)
    bytes.append(littleEndian: time.rawValue)
    bytes.append(littleEndian: published)
    bytes.append(UInt8(type.rawValue))
    bytes.append(UInt8(rating ?? 0))
    for number in 0..<4 { bytes.append(UInt8(dimensions[number] ?? 0)) }
    bytes.append(polarity.rawValue | (isJoined ? 4 : 0) | (isCut ? 8 : 0))
    bytes.append(UInt8((exampleType?.rawValue ?? -1) + 1))
    bytes.append(contentsOf: texts.bytes)
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let identity = reader.integer(UInt64.self), let time = reader.integer(Int64.self),
      let published = reader.integer(UInt64.self), let numbers = reader.octets(8),
      let type = FeedbackType(rawValue: Int(numbers[0])), let polarity = Polarity(rawValue: numbers[6] & 3)
    else { return nil }
    (self.identity, self.time, self.published) = (identity, EventTime(milliseconds: time), published)
    self.type = type
    rating = numbers[1] == 0 ? nil : Int(numbers[1])
    dimensions = numbers[2..<6].map { $0 == 0 ? nil : Int($0) }
    self.polarity = polarity
    isJoined = numbers[6] & 4 != 0
    isCut = numbers[6] & 8 != 0
    exampleType = ExampleType(rawValue: Int(numbers[7]) - 1)
    texts = PackedTexts(bytes: [UInt8](stored: bytes.extracting(droppingFirst: Self.numbersBytes)) ?? [])
  }
}
