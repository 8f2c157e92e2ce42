// What a learning example shows and where it came from (R2.3), apart from what experts say of it. Its texts
// have been redacted.
public import Basics
public import Events

/// The fields of an example that are set when it is made.
public struct ExampleContent: Hashable, Sendable {
  /// A step of a demonstration.
  public struct Step: Hashable, Sendable {
    public var action: String
    public var detail: String?
    /// JSON text of an object.
    public var arguments: String?
    public var result: String?
    public var duration_ms: Double?
  }

  public var type: ExampleType
  public var inputContext = ""
  public var inputText: String
  public var originalOutput: String?
  public var expectedOutput: String?
  public var outputA: String?
  public var outputB: String?
  public var preferred: Preferred?
  public var strength: Double?
  public var domain: String?
  public var taskType: String?
  public var complexity: Complexity?
  public var jurisdictions: [String] = []
  public var tags: [String] = []
  /// In hundredths, as proposed.
  public var quality_hundredths: Int?
  public var confidence_hundredths: Int?
  public var sourceType: SourceType
  public var sourceUserID: String?
  public var sourceExecutionID: String?
  /// The session it came from and whose execution it was: for erasure, not shown.
  public var sourceSessionID: String?
  public var executionUserID: String?
  public var steps: [Step] = []
  /// A text was too long to be kept whole.
  public var isCut = false

  public init(_ type: ExampleType, inputText: String, from sourceType: SourceType) {
    self.type = type
    self.inputText = inputText
    self.sourceType = sourceType
  }
}

extension ExampleContent: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(UInt8(type.rawValue))
    bytes.append(UInt8(sourceType.rawValue))
    bytes.append(UInt8((preferred?.rawValue ?? -1) + 1))
    bytes.append(UInt8((complexity?.rawValue ?? -1) + 1))
    bytes.append(UInt8(clamping: quality_hundredths ?? 255))
    bytes.append(UInt8(clamping: confidence_hundredths ?? 255))
    bytes.append(isCut ? 1 : 0)
    bytes.append(optional: strength)
    for text in [
      inputContext, inputText, originalOutput, expectedOutput, outputA, outputB, domain, taskType,
      sourceUserID, sourceExecutionID, sourceSessionID, executionUserID,
    ] { bytes.append(optional: text) }
    bytes.append(listOf: jurisdictions)
    bytes.append(listOf: tags)
    bytes.append(littleEndian: UInt32(steps.count))
    for step in steps {
      bytes.append(countedText: step.action)
      bytes.append(optional: step.detail)
      bytes.append(optional: step.arguments)
      bytes.append(optional: step.result)
      bytes.append(optional: step.duration_ms)
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let numbers = reader.octets(7),
      let type = ExampleType(rawValue: Int(numbers[0])), let source = SourceType(rawValue: Int(numbers[1])),
      let strength = reader.optionalNumber()
    else { return nil }
    var texts: [String?] = []
    for _ in 0..<12 {
      guard let text = reader.optionalText() else { return nil }
      texts.append(text.value)
    }
    self.init(type, inputText: texts[1] ?? "", from: source)
    preferred = Preferred(rawValue: Int(numbers[2]) - 1)
    complexity = Complexity(rawValue: Int(numbers[3]) - 1)
    quality_hundredths = numbers[4] == 255 ? nil : Int(numbers[4])
    confidence_hundredths = numbers[5] == 255 ? nil : Int(numbers[5])
    isCut = numbers[6] == 1
    self.strength = strength.value
    inputContext = texts[0] ?? ""
    (originalOutput, expectedOutput, outputA, outputB) = (texts[2], texts[3], texts[4], texts[5])
    (domain, taskType) = (texts[6], texts[7])
    (sourceUserID, sourceExecutionID) = (texts[8], texts[9])
    (sourceSessionID, executionUserID) = (texts[10], texts[11])
    guard let jurisdictions = reader.textList(), let tags = reader.textList(),
      let count = reader.integer(UInt32.self)
    else { return nil }
    (self.jurisdictions, self.tags) = (jurisdictions, tags)
    for _ in 0..<count {
      guard let action = reader.text(), let detail = reader.optionalText(),
        let arguments = reader.optionalText(), let result = reader.optionalText(),
        let duration = reader.optionalNumber()
      else { return nil }
      steps.append(
        Step(
          action: action, detail: detail.value, arguments: arguments.value, result: result.value,
          duration_ms: duration.value))
    }
    guard reader.isAtEnd else { return nil }
  }
}
