// Writing an object of declared fields as JSON: names come from the declaration, and a value of another shape
// than the declared one is a programmer's error. What there is no value for is left out, never null.
public import Basics

/// The names of declared fields, quoted, and what each must be: made once per kind of record.
final class WriterPlan: Sendable {
  enum Kind: UInt8 { case text, choice, whole, number, boolean, time, object, list, records, group, map }

  struct Entry: Sendable {
    /// `"name":`
    let opening: [UInt8]
    let kind: Kind
    let inner: WriterPlan?
  }

  let entries: [Entry]

  init(_ fields: [Field]) {
    entries = fields.map { field in
      var opening: [UInt8] = []
      opening.appendJSON(field.name)
      opening.append(UInt8(ascii: ":"))
      let (kind, inner): (Kind, [Field]?) =
        switch field.shape {
        case .text: (.text, nil)
        case .choice: (.choice, nil)
        case .whole: (.whole, nil)
        case .number: (.number, nil)
        case .boolean: (.boolean, nil)
        case .time: (.time, nil)
        case .object: (.object, nil)
        case .list: (.list, nil)
        case .records(let fields, _): (.records, fields)
        case .group(let fields): (.group, fields)
        case .map: (.map, nil)
        }
      return Entry(opening: opening, kind: kind, inner: inner.map(WriterPlan.init))
    }
  }
}

/// Appends the fields of one object, in the order in which they are written.
public struct FieldWriter<Names: FieldSet> {
  private let plan: WriterPlan
  private var bytes: [UInt8]
  private var isFirst: Bool

  init(_ plan: WriterPlan, appendingTo bytes: consuming [UInt8], isFirst: Bool = true) {
    precondition(plan.entries.count == Names.allCases.count, "fields of another record")
    self.plan = plan
    self.bytes = bytes
    self.isFirst = isFirst
    if isFirst { self.bytes.append(UInt8(ascii: "{")) }
  }

  consuming func finish() -> [UInt8] {
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }

  private mutating func open(_ field: Names, _ kind: WriterPlan.Kind) {
    let entry = plan.entries[field.rawValue]
    precondition(entry.kind == kind, "a field of another shape")
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    isFirst = false
    bytes.append(contentsOf: entry.opening)
  }

  /// Text; the empty one is left out.
  public mutating func text(_ field: Names, _ value: String?) {
    guard let value, !value.isEmpty else { return }
    open(field, .text)
    bytes.appendJSON(value)
  }

  public mutating func choice(_ field: Names, _ value: (some Choice)?) {
    guard let value else { return }
    open(field, .choice)
    bytes.appendJSON(value.name)
  }

  public mutating func whole(_ field: Names, _ value: (some BinaryInteger)?) {
    guard let value else { return }
    open(field, .whole)
    bytes.append(contentsOf: "\(value)".utf8)
  }

  /// A number; one that JSON cannot say (NaN, infinity) is left out.
  public mutating func number(_ field: Names, _ value: Double?) {
    guard let value, value.isFinite else { return }
    open(field, .number)
    bytes.appendJSON(value)
  }

  public mutating func boolean(_ field: Names, _ value: Bool?) {
    guard let value else { return }
    open(field, .boolean)
    bytes.append(contentsOf: value ? "true".utf8 : "false".utf8)
  }

  public mutating func time(_ field: Names, _ value: EventTime?) {
    guard let value else { return }
    open(field, .time)
    bytes.appendJSON(value.description)
  }

  /// Recorded time.
  public mutating func time(_ field: Names, _ value: Timestamp?) {
    time(field, value.map { EventTime(milliseconds: $0.rawValue) })
  }

  /// JSON text of an object, which the caller vouches for.
  public mutating func object(_ field: Names, _ json: [UInt8]?) {
    guard let json, !json.isEmpty else { return }
    open(field, .object)
    bytes.append(contentsOf: json)
  }

  /// A list of texts; the empty list is left out.
  public mutating func texts(_ field: Names, _ values: some Sequence<String>) {
    list(field, values) { value, bytes in bytes.appendJSON(value) }
  }

  /// A list of numbers, finite ones; the empty list is left out.
  public mutating func numbers(_ field: Names, _ values: some Sequence<Double>) {
    list(field, values) { value, bytes in bytes.appendJSON(value) }
  }

  private mutating func list<Element>(
    _ field: Names, _ values: some Sequence<Element>, _ write: (Element, inout [UInt8]) -> Void
  ) {
    var isEmpty = true
    for value in values {
      if isEmpty {
        open(field, .list)
        bytes.append(UInt8(ascii: "["))
      } else {
        bytes.append(UInt8(ascii: ","))
      }
      isEmpty = false
      write(value, &bytes)
    }
    if !isEmpty { bytes.append(UInt8(ascii: "]")) }
  }

  /// Numbers by name, in the order given; none is left out.
  public mutating func map(_ field: Names, _ values: some Sequence<(String, Double)>) {
    map(field, values) { value, bytes in bytes.appendJSON(value) }
  }

  /// Counts by name, in the order given.
  public mutating func map(_ field: Names, _ values: some Sequence<(String, UInt64)>) {
    map(field, values) { value, bytes in bytes.append(contentsOf: "\(value)".utf8) }
  }

  /// Texts by name, in the order given.
  public mutating func map(_ field: Names, _ values: some Sequence<(String, String)>) {
    map(field, values) { value, bytes in bytes.appendJSON(value) }
  }

  private mutating func map<Value>(
    _ field: Names, _ values: some Sequence<(String, Value)>, _ write: (Value, inout [UInt8]) -> Void
  ) {
    open(field, .map)
    bytes.append(UInt8(ascii: "{"))
    var isFirst = true
    for (name, value) in values {
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      bytes.appendJSON(name)
      bytes.append(UInt8(ascii: ":"))
      write(value, &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  /// One record.
  public mutating func group<Inner: FieldSet>(
    _ field: Names, _ names: Inner.Type, _ write: (inout FieldWriter<Inner>) -> Void
  ) {
    open(field, .group)
    inner(field, names, write)
  }

  /// A list of records; the empty list is left out.
  public mutating func records<Inner: FieldSet, Element>(
    _ field: Names, _ names: Inner.Type, _ elements: some Sequence<Element>,
    _ write: (Element, inout FieldWriter<Inner>) -> Void
  ) {
    var isEmpty = true
    for element in elements {
      if isEmpty {
        open(field, .records)
        bytes.append(UInt8(ascii: "["))
      } else {
        bytes.append(UInt8(ascii: ","))
      }
      isEmpty = false
      inner(field, names) { write(element, &$0) }
    }
    if !isEmpty { bytes.append(UInt8(ascii: "]")) }
  }

  private mutating func inner<Inner: FieldSet>(
    _ field: Names, _ names: Inner.Type, _ write: (inout FieldWriter<Inner>) -> Void
  ) {
    guard let plan = plan.entries[field.rawValue].inner else {
      preconditionFailure("a field of another shape")
    }
    // The buffer is handed over and back: two owners would copy it.
    var taken: [UInt8] = []
    swap(&taken, &bytes)
    var writer = FieldWriter<Inner>(plan, appendingTo: consume taken)
    write(&writer)
    bytes = writer.finish()
  }
}

/// Writes records of one projection or decision.
public struct ProjectionWriter<Names: ProjectionKind> {
  private let head = WriterPlan(ProjectionHead.allCases.map(\.field))
  private let plan: WriterPlan
  private let version: Int
  private var bytes: [UInt8] = []

  public init(_ kind: Names.Type) {
    let shape = kind.shape
    plan = WriterPlan(shape.fields)
    version = shape.version
  }

  /// The JSON of one record, valid until the next is written.
  public mutating func write(
    organization: String, position: EventPosition, _ fields: (inout FieldWriter<Names>) -> Void
  ) -> [UInt8] {
    var buffer: [UInt8] = []
    swap(&buffer, &bytes)
    buffer.removeAll(keepingCapacity: true)
    var opening = FieldWriter<ProjectionHead>(head, appendingTo: consume buffer)
    opening.whole(.schemaVersion, version)
    opening.text(.organization, organization)
    opening.group(.position, PositionField.self) {
      $0.text(.topic, position.partition.topic)
      $0.whole(.partition, position.partition.partition.rawValue)
      $0.whole(.offset, position.offset.rawValue)
    }
    var writer = FieldWriter<Names>(plan, appendingTo: opening.unfinished(), isFirst: false)
    fields(&writer)
    bytes = writer.finish()
    return bytes
  }
}

extension FieldWriter {
  /// Its bytes with the object still open.
  consuming func unfinished() -> [UInt8] { bytes }
}
