// Examples that somebody proposes: demonstrations, preference pairs, edge cases, imports (R2.1, R5.1, R5.3).
public import Events

extension Candidate {
  /// The example that an event proposes, redacted. Of steps as many are kept as `stepsBytesMax` takes.
  public init(_ envelope: borrowing Envelope, _ fields: borrowing Fields<ExampleProposed>) {
    let textMax = ExecutionRecord.textBytesMax
    var content = ExampleContent(
      fields.choice(.exampleType) ?? .edgeCase,
      inputText: redacted(fields.text(.inputText), upTo: textMax) ?? "",
      from: fields.choice(.sourceType) ?? .import)
    content.inputContext = redacted(fields.text(.inputContext), upTo: textMax) ?? ""
    content.originalOutput = redacted(fields.text(.originalOutput), upTo: textMax)
    content.expectedOutput = redacted(fields.text(.expectedOutput), upTo: textMax)
    content.outputA = redacted(fields.text(.outputA), upTo: textMax)
    content.outputB = redacted(fields.text(.outputB), upTo: textMax)
    content.preferred = fields.choice(.preferred)
    content.strength = fields.number(.strength)
    content.domain = fields.text(.domain)?.string
    content.taskType = fields.text(.taskType)?.string
    content.complexity = fields.choice(.complexity)
    content.jurisdictions = fields.texts(.jurisdictions)
    content.tags = fields.texts(.tags)
    content.quality_hundredths = fields.number(.qualityScore).map { Int(($0 * 100).rounded()) }
    content.confidence_hundredths = fields.number(.confidence).map { Int(($0 * 100).rounded()) }
    content.sourceUserID = fields.text(.sourceUserID)?.string
    content.sourceExecutionID = fields.text(.sourceExecutionID)?.string
    content.isCut = [.inputContext, .inputText, .originalOutput, .expectedOutput, .outputA, .outputB]
      .contains { fields.byteCount($0) > textMax }
    content.takeSteps(fields)
    self.init(
      organization: envelope.organization.string, agent: envelope.agent?.string ?? "",
      id: fields.text(.exampleID)?.string ?? "", content, createdAt: envelope.time)
  }
}

extension ExampleContent {
  /// Of all steps: with the texts beside them they must fit a record of 1 MB as JSON.
  static let stepsBytesMax = 131_072

  fileprivate mutating func takeSteps(_ fields: borrowing Fields<ExampleProposed>) {
    var byteCount = 0
    for index in 0..<fields.count(.steps) {
      let step = fields.record(.steps, at: index, DemonstratedStep.self)
      var arguments: String?
      if let object = step.object(.arguments) {
        arguments = redactedJSON(unsafe object.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) })
      }
      let taken = Step(
        action: step.text(.action)?.string ?? "", detail: redacted(step.text(.detail), upTo: .max),
        arguments: arguments, result: redacted(step.text(.result), upTo: .max),
        duration_ms: step.number(.duration_ms))
      byteCount += [taken.action, taken.detail, taken.arguments, taken.result].reduce(0) {
        $0 + ($1?.utf8.count ?? 0)
      }
      guard byteCount <= Self.stepsBytesMax else {
        isCut = true
        return
      }
      steps.append(taken)
    }
  }
}

extension Fields {
  /// A list of texts; empty when it is not given.
  func texts(_ field: Names) -> [String] { (0..<count(field)).map { text(field, at: $0).string } }

  /// How long a text is, as it stands in the event; 0 when it is not given.
  fileprivate func byteCount(_ field: Names) -> Int { text(field)?.rawBytes.byteCount ?? 0 }
}
