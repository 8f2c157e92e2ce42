// What is kept of an execution until feedback about it can no longer come: what an example is made of, and
// what experiments and rollouts count.
public import Basics
public import Events

/// An execution in the join. Texts are kept up to `textBytesMax` each; `isCut` says that one was longer.
public struct ExecutionRecord: Hashable, Sendable {
  /// Of one text: four of these and a correction's make an example, which must fit a record of 1 MB as JSON.
  public static let textBytesMax = 65_536

  enum Text: Int {
    case agent, userID, sessionID, inputContext, inputText, outputText, domain, taskType, complexity,
      errorType, promptVersion, deploymentID, stage, firstAssignment
  }

  public let identity: UInt64
  public let time: EventTime
  public let status: ExecutionStatus
  public let taskCompleted: Bool?
  public let duration_ms: Double?
  public let cost_usd: Double?
  public let inputTokens: Int64?
  public let outputTokens: Int64?
  public let isCut: Bool
  /// A failure example has been made of it.
  var hasFailureExample = false
  let texts: PackedTexts

  public init(_ envelope: borrowing Envelope, _ fields: borrowing Fields<ExecutionCompleted>) {
    identity = envelope.identity
    time = envelope.time
    status = fields.choice(.status) ?? .ok
    taskCompleted = fields.boolean(.taskCompleted)
    duration_ms = fields.number(.duration_ms)
    cost_usd = fields.number(.cost_usd)
    inputTokens = fields.whole(.usageInputTokens)
    outputTokens = fields.whole(.usageOutputTokens)
    var texts = PackedTexts()
    texts.reserve(envelope.data.byteCount)
    texts.append(if: envelope.agent)
    texts.append(if: fields.text(.userID))
    texts.append(if: fields.text(.sessionID))
    var isCut = texts.append(if: fields.text(.inputContext))
    isCut = texts.append(if: fields.text(.inputText)) || isCut
    isCut = texts.append(if: fields.text(.outputText)) || isCut
    texts.append(if: fields.text(.domain))
    texts.append(if: fields.text(.taskType))
    texts.append(if: fields.text(.complexity))
    texts.append(if: fields.text(.errorType))
    texts.append(if: fields.text(.promptVersion))
    texts.append(if: fields.text(.deploymentID))
    texts.append(if: fields.text(.stage))
    for index in 0..<fields.count(.experiments) {
      let assignment = fields.record(.experiments, at: index, Assignment.self)
      texts.append(if: assignment.text(.experimentID))
      texts.append((assignment.choice(.arm, Arm.self) ?? .control).name)
    }
    self.isCut = isCut
    self.texts = texts
  }

  func text(_ text: Text) -> String? { texts[text.rawValue] }

  public var agent: String { text(.agent) ?? "" }
  public var userID: String? { text(.userID) }
  public var sessionID: String? { text(.sessionID) }
  public var promptVersion: String? { text(.promptVersion) }
  public var deploymentID: String? { text(.deploymentID) }
  public var stage: String? { text(.stage) }

  /// The experiments it took part in, as it lists them.
  public var assignments: [(experimentID: String, arm: Arm)] {
    let parts = texts.texts(from: Text.firstAssignment.rawValue)
    return stride(from: 0, to: parts.count - 1, by: 2).compactMap { index in
      guard let experiment = parts[index] else { return nil }
      return (experiment, parts[index + 1] == Arm.treatment.name ? .treatment : .control)
    }
  }

  /// It ended with an error, or without what it was asked for (R2.2).
  public var hasFailed: Bool { status == .error || taskCompleted == false }
}

extension PackedTexts {
  /// A text of an event, cut where it is too long for the join.
  @discardableResult
  mutating func append(if text: consuming JSONText?) -> Bool {
    guard let text else {
      append(none: ())
      return false
    }
    return append(text, upTo: ExecutionRecord.textBytesMax)
  }
}

extension ExecutionRecord: Storable {
  /// What stands in front of the texts.
  private static let numbersBytes = 8 + 8 + 1 + 4 * 8

  public func store(into bytes: inout [UInt8]) {
    bytes.append(littleEndian: identity)
    bytes.append(littleEndian: time.rawValue)
    let flags: [Bool] = [
      status == .error, taskCompleted == true, taskCompleted == false, isCut, hasFailureExample,
    ]
    bytes.append(flags.reversed().reduce(0) { $0 << 1 | ($1 ? 1 : 0) })
    bytes.append(optional: duration_ms)
    bytes.append(optional: cost_usd)
    bytes.append(optional: inputTokens.map { Double($0) })
    bytes.append(optional: outputTokens.map { Double($0) })
    bytes.append(contentsOf: texts.bytes)
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let identity = reader.integer(UInt64.self), let time = reader.integer(Int64.self),
      let flags = reader.integer(UInt8.self), let duration = reader.optionalNumber(),
      let cost = reader.optionalNumber(), let input = reader.optionalNumber(),
      let output = reader.optionalNumber()
    else { return nil }
    (self.identity, self.time) = (identity, EventTime(milliseconds: time))
    func isOn(_ bit: UInt8) -> Bool { flags >> bit & 1 == 1 }
    status = isOn(0) ? .error : .ok
    taskCompleted = isOn(1) ? true : isOn(2) ? false : nil
    isCut = isOn(3)
    hasFailureExample = isOn(4)
    (duration_ms, cost_usd) = (duration.value, cost.value)
    inputTokens = input.value.flatMap { Int64(exactly: $0) }
    outputTokens = output.value.flatMap { Int64(exactly: $0) }
    texts = PackedTexts(bytes: [UInt8](stored: bytes.extracting(droppingFirst: Self.numbersBytes)) ?? [])
  }
}
