// What somebody did about an example: annotated, verified, reviewed, retired it. Facts are kept as they came;
// what they come to is worked out from all of them, in the order of their times.
public import Basics
public import Events

/// One thing done about an example.
public struct ReviewFact: Hashable, Sendable {
  /// An expert's judgement (R2.5). Dimensions are in thousandths.
  public struct Annotation: Hashable, Sendable {
    public var id: String
    public var expertID: String
    public var type: String
    /// JSON text of an object.
    public var data: String?
    /// Technical accuracy, professional quality, completeness, clarity.
    public var dimensions: [Int?]
    public var notes: String?
    public var suggestions: String?
  }

  /// A decision (R2.4).
  public struct Review: Hashable, Sendable {
    public var reviewerID: String
    public var decision: ReviewDecision
    public var quality_hundredths: Int?
    public var expectedOutput: String?
    public var notes: String?
  }

  public enum Deed: Hashable, Sendable {
    case annotated(Annotation)
    case verified(annotationID: String, isVerified: Bool, by: String)
    case reviewed(Review)
    case retired(isActive: Bool, by: String?, reason: String?)
  }

  /// Of its event.
  public var identity: UInt64
  public var time: EventTime
  public var position: EventPosition
  public var deed: Deed

  /// Notes and suggestions are kept up to this; they are remarks, not documents.
  static let notesBytesMax = 8192
  /// An annotation's own data: cut JSON would be none, so larger ones are refused.
  public static let dataBytesMax = 16_384

  /// Whose deed it is, where only an expert may do it.
  public var expertID: String? {
    switch deed {
    case .annotated(let annotation): annotation.expertID
    case .verified(_, _, let expert): expert
    case .reviewed(let review): review.reviewerID
    case .retired: nil
    }
  }

  /// Facts stand in the order of their times; those of one time in the order of their events' identities.
  static func precedes(_ a: ReviewFact, _ b: ReviewFact) -> Bool {
    (a.time, a.identity) < (b.time, b.identity)
  }
}

// MARK: - From events

extension ReviewFact {
  private init(_ envelope: borrowing Envelope, _ position: EventPosition, _ deed: Deed) {
    identity = envelope.identity
    time = envelope.time
    self.position = position
    self.deed = deed
  }

  /// nil when its data are larger than is kept.
  public init?(
    _ envelope: borrowing Envelope, _ fields: borrowing Fields<AnnotationMade>, at position: EventPosition
  ) {
    var data: String?
    if let object = fields.object(.annotationData) {
      guard object.byteCount <= Self.dataBytesMax else { return nil }
      data = redactedJSON(unsafe object.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) })
    }
    let dimensions: [AnnotationMade] = [.technicalAccuracy, .professionalQuality, .completeness, .clarity]
    self.init(
      envelope, position,
      .annotated(
        Annotation(
          id: fields.text(.annotationID)?.string ?? "", expertID: fields.text(.expertID)?.string ?? "",
          type: fields.text(.annotationType)?.string ?? "", data: data,
          dimensions: dimensions.map { fields.number($0).map { Int(($0 * 1000).rounded()) } },
          notes: redacted(fields.text(.notes), upTo: Self.notesBytesMax),
          suggestions: redacted(fields.text(.improvementSuggestions), upTo: Self.notesBytesMax))))
  }

  public init(
    _ envelope: borrowing Envelope, _ fields: borrowing Fields<AnnotationVerified>, at position: EventPosition
  ) {
    self.init(
      envelope, position,
      .verified(
        annotationID: fields.text(.annotationID)?.string ?? "",
        isVerified: fields.boolean(.verified) ?? false, by: fields.text(.verifiedBy)?.string ?? ""))
  }

  public init(
    _ envelope: borrowing Envelope, _ fields: borrowing Fields<ExampleReviewed>, at position: EventPosition
  ) {
    self.init(
      envelope, position,
      .reviewed(
        Review(
          reviewerID: fields.text(.reviewerID)?.string ?? "",
          decision: fields.choice(.decision) ?? .rejected,
          quality_hundredths: fields.number(.qualityScore).map { Int(($0 * 100).rounded()) },
          expectedOutput: redacted(fields.text(.expectedOutput), upTo: ExecutionRecord.textBytesMax),
          notes: redacted(fields.text(.reviewNotes), upTo: Self.notesBytesMax))))
  }

  public init(
    _ envelope: borrowing Envelope, _ fields: borrowing Fields<ExampleRetired>, at position: EventPosition
  ) {
    self.init(
      envelope, position,
      .retired(
        isActive: fields.boolean(.active) ?? false, by: fields.text(.changedBy)?.string,
        reason: redacted(fields.text(.reason), upTo: Self.notesBytesMax)))
  }
}

// MARK: - Stored

extension ReviewFact: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(littleEndian: identity)
    bytes.append(littleEndian: time.rawValue)
    bytes.append(counted: position)
    switch deed {
    case .annotated(let annotation):
      bytes.append(0)
      for text in [annotation.id, annotation.expertID, annotation.type] { bytes.append(countedText: text) }
      for number in annotation.dimensions { bytes.append(littleEndian: Int16(clamping: number ?? -1)) }
      for text in [annotation.data, annotation.notes, annotation.suggestions] {
        bytes.append(optional: text)
      }
    case .verified(let id, let isVerified, let expert):
      bytes += [1, isVerified ? 1 : 0]
      bytes.append(countedText: id)
      bytes.append(countedText: expert)
    case .reviewed(let review):
      bytes += [2, UInt8(review.decision.rawValue), UInt8(clamping: review.quality_hundredths ?? 255)]
      bytes.append(countedText: review.reviewerID)
      bytes.append(optional: review.expectedOutput)
      bytes.append(optional: review.notes)
    case .retired(let isActive, let by, let reason):
      bytes += [3, isActive ? 1 : 0]
      bytes.append(optional: by)
      bytes.append(optional: reason)
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let identity = reader.integer(UInt64.self), let time = reader.integer(Int64.self),
      let position = reader.counted(EventPosition.self), let kind = reader.integer(UInt8.self),
      let deed = Self.deed(kind, &reader), reader.isAtEnd
    else { return nil }
    (self.identity, self.time) = (identity, EventTime(milliseconds: time))
    (self.position, self.deed) = (position, deed)
  }

  private static func deed(_ kind: UInt8, _ reader: inout ByteReader) -> Deed? {
    switch kind {
    case 0: return annotation(&reader).map { .annotated($0) }
    case 1:
      guard let isVerified = reader.integer(UInt8.self), let id = reader.text(), let expert = reader.text()
      else { return nil }
      return .verified(annotationID: id, isVerified: isVerified == 1, by: expert)
    case 2:
      guard let numbers = reader.octets(2), let decision = ReviewDecision(rawValue: Int(numbers[0])),
        let reviewer = reader.text(), let output = reader.optionalText(), let notes = reader.optionalText()
      else { return nil }
      return .reviewed(
        Review(
          reviewerID: reviewer, decision: decision,
          quality_hundredths: numbers[1] == 255 ? nil : Int(numbers[1]), expectedOutput: output.value,
          notes: notes.value))
    case 3:
      guard let isActive = reader.integer(UInt8.self), let by = reader.optionalText(),
        let reason = reader.optionalText()
      else { return nil }
      return .retired(isActive: isActive == 1, by: by.value, reason: reason.value)
    default: return nil
    }
  }

  private static func annotation(_ reader: inout ByteReader) -> Annotation? {
    guard let id = reader.text(), let expert = reader.text(), let type = reader.text() else { return nil }
    var dimensions: [Int?] = []
    for _ in 0..<4 {
      guard let number = reader.integer(Int16.self) else { return nil }
      dimensions.append(number < 0 ? nil : Int(number))
    }
    guard let data = reader.optionalText(), let notes = reader.optionalText(),
      let suggestions = reader.optionalText()
    else { return nil }
    return Annotation(
      id: id, expertID: expert, type: type, data: data.value, dimensions: dimensions, notes: notes.value,
      suggestions: suggestions.value)
  }
}
