// The envelope of every event: CloudEvents 1.0 over Kafka, in binary mode (attributes in `ce_` headers, data
// as the value) or in structured mode (one JSON object). Whose event it is stands here, not in the data:
// counting, routing and isolation (R14.1) need no look into the data.
public import Basics

/// The context attributes of an event, borrowed from its record, and its data, not yet read.
public struct Envelope: ~Escapable {
  /// Attributes name things and become keys; longer ones are refused.
  public static let attributeCharactersMax = 256

  public let id: JSONText
  public let source: JSONText
  public let type: JSONText
  /// When it happened.
  public let time: EventTime
  /// Extension attribute: the organization whose event it is.
  public let organization: JSONText
  /// Extension attribute, `gen_ai.agent.id` in OpenTelemetry's terms: the agent it is about.
  public let agent: JSONText?
  public let subject: JSONText?
  /// JSON text. In structured mode it has been checked to be JSON, in binary mode not yet.
  public let data: RawSpan
  /// Where the data begin in the record's value.
  let dataStart: Int

  /// Binary mode.
  @_lifetime(copy headers, copy value)
  private init(_ headers: borrowing EventHeaders, _ value: RawSpan?) throws(Violation) {
    guard let version = headers.specversion else {
      throw Violation(
        .undecodable, at: "/specversion", "the header ce_specversion is missing: not an event in CloudEvents",
        next: "set the ce_ headers, or content-type application/cloudevents+json")
    }
    guard version.holds("1.0") else { throw Self.unknownVersion }
    id = try checked(headers.id, "/id")
    source = try checked(headers.source, "/source")
    type = try checked(headers.type, "/type")
    organization = try checked(headers.organization, "/organization")
    agent = try checkedIfAny(headers.agent, "/agent")
    subject = try checkedIfAny(headers.subject, "/subject")
    time = try Self.moment(try checked(headers.time, "/time"))
    guard let value else { throw Self.noData }
    data = value
    dataStart = 0
  }
}

extension Envelope {
  /// Reads the envelope of a record; `isStructured` overrules its content type.
  @_lifetime(copy record)
  public init<Record: EventRecord & ~Escapable>(
    _ record: borrowing Record, isStructured: Bool? = nil
  ) throws(Violation) {
    // Generic no further than here: what is read again and again is read of one type.
    try self.init(record.headers, record.value, isStructured)
  }

  @_lifetime(copy headers, copy value)
  private init(
    _ headers: borrowing RecordHeaders, _ value: RawSpan?, _ isStructured: Bool?
  ) throws(Violation) {
    let headers = EventHeaders(headers)
    let mode = try ContentMode(headers.contentType)
    if isStructured ?? (mode == .structured) {
      guard let value else { throw Self.noData }
      self = try Envelope(structured: value)
    } else {
      guard mode != .other else {
        throw Violation(
          .undecodable, at: "/datacontenttype", "data must be JSON",
          next: "publish with content-type application/json")
      }
      self = try Envelope(headers, value)
    }
  }

  private static var noData: Violation {
    Violation(.undecodable, at: "/data", "an event must have data; this record's value is null")
  }
}

// MARK: - Attributes

extension Envelope {
  private static var unknownVersion: Violation {
    Violation(.undecodable, at: "/specversion", "must be \"1.0\", the version of CloudEvents")
  }

  private static func moment(_ text: borrowing JSONText) throws(Violation) -> EventTime {
    if let time = text.time { return time }
    throw Violation(.invalid, at: "/time", EventTime.rule)
  }
}

@_lifetime(copy bytes)
private func checked(_ bytes: RawSpan?, _ pointer: String) throws(Violation) -> JSONText {
  guard let text = try checkedIfAny(bytes, pointer) else {
    throw Violation(.invalid, at: pointer, "is missing")
  }
  return text
}

@_lifetime(copy bytes)
private func checkedIfAny(_ bytes: RawSpan?, _ pointer: String) throws(Violation) -> JSONText? {
  guard let bytes else { return nil }
  guard let text = JSONText(validating: bytes) else {
    throw Violation(.undecodable, at: pointer, "is not UTF-8")
  }
  try checkLength(text, pointer)
  return text
}

private func checkLength(_ text: borrowing JSONText, _ pointer: String) throws(Violation) {
  let count = text.rawBytes.byteCount
  guard count > 0 else { throw Violation(.invalid, at: pointer, "must not be empty") }
  guard count > Envelope.attributeCharactersMax else { return }
  guard text.scalarCount <= Envelope.attributeCharactersMax else {
    throw Violation(.invalid, at: pointer, "must have at most \(Envelope.attributeCharactersMax) characters")
  }
}

// MARK: - Structured mode

/// The attributes read here; others are left alone.
private struct StructuredFields {
  var version: JSONString?
  var id: JSONString?
  var source: JSONString?
  var type: JSONString?
  var time: JSONString?
  var organization: JSONString?
  var agent: JSONString?
  var subject: JSONString?
  var contentType: JSONString?
  var data: Range<Int>?
}

extension Envelope {
  /// An event as one JSON object.
  @_lifetime(copy bytes)
  public init(structured bytes: RawSpan) throws(Violation) {
    var fields = StructuredFields()
    var wrong: Violation?
    do throws(JSONFault) { wrong = try fields.read(bytes) } catch { throw Violation(error, in: bytes) }
    if let wrong { throw wrong }
    guard let version = fields.version else {
      throw Violation(.undecodable, at: "/specversion", "is missing: not an event in CloudEvents")
    }
    guard JSONText(version, in: bytes).equals("1.0") else { throw Self.unknownVersion }
    if let type = try checkedIfAny(fields.contentType, "/datacontenttype", in: bytes), !type.namesJSON {
      throw Violation(.undecodable, at: "/datacontenttype", "data must be JSON")
    }
    id = try checked(fields.id, "/id", in: bytes)
    source = try checked(fields.source, "/source", in: bytes)
    type = try checked(fields.type, "/type", in: bytes)
    organization = try checked(fields.organization, "/organization", in: bytes)
    agent = try checkedIfAny(fields.agent, "/agent", in: bytes)
    subject = try checkedIfAny(fields.subject, "/subject", in: bytes)
    time = try Self.moment(try checked(fields.time, "/time", in: bytes))
    guard let data = fields.data else { throw Violation(.invalid, at: "/data", "is missing") }
    self.data = bytes.extracting(data)
    dataStart = data.lowerBound
  }
}

extension StructuredFields {
  /// Returns a broken rule of CloudEvents, throws what is not JSON.
  fileprivate mutating func read(_ bytes: RawSpan) throws(JSONFault) -> Violation? {
    var reader = JSONReader(bytes)
    guard try reader.kind() == .object else { return Violation(.undecodable, at: "", "must be an object") }
    try reader.enterObject()
    while let name = try reader.nextName() {
      let text = JSONText(name, in: bytes)
      if text.equals("data") {
        guard data == nil else { return Self.twice("data") }
        data = try reader.skip()
      } else if text.equals("data_base64") {
        return Violation(.undecodable, at: "/data_base64", "data must be JSON, in data")
      } else if let attribute = Self.attribute(text) {
        if try reader.kind() == .null {
          // CloudEvents: an attribute that is null is absent.
          try reader.null()
          continue
        }
        guard try reader.kind() == .string else {
          return Violation(.invalid, at: "/" + text.string, "must be a string")
        }
        guard self[keyPath: attribute] == nil else { return Self.twice(text.string) }
        self[keyPath: attribute] = try reader.string()
      } else {
        try reader.skip()
      }
    }
    try reader.finish()
    return nil
  }

  private static func twice(_ name: String) -> Violation {
    Violation(.invalid, at: "/" + name, "must not occur twice")
  }

  private static func attribute(_ name: borrowing JSONText) -> WritableKeyPath<Self, JSONString?>? {
    if name.equals("specversion") { return \.version }
    if name.equals("id") { return \.id }
    if name.equals("source") { return \.source }
    if name.equals("type") { return \.type }
    if name.equals("time") { return \.time }
    if name.equals("organization") { return \.organization }
    if name.equals("agent") { return \.agent }
    if name.equals("subject") { return \.subject }
    if name.equals("datacontenttype") { return \.contentType }
    return nil
  }
}

@_lifetime(copy bytes)
private func checked(_ text: JSONString?, _ pointer: String, in bytes: RawSpan) throws(Violation) -> JSONText
{
  guard let text = try checkedIfAny(text, pointer, in: bytes) else {
    throw Violation(.invalid, at: pointer, "is missing")
  }
  return text
}

@_lifetime(copy bytes)
private func checkedIfAny(
  _ text: JSONString?, _ pointer: String, in bytes: RawSpan
) throws(Violation) -> JSONText? {
  guard let text else { return nil }
  let found = JSONText(text, in: bytes)
  try checkLength(found, pointer)
  return found
}
