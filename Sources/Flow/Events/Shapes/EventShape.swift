// A type of event as data: its topic, its key, its fields and the rules between them.

/// The input topics, by name without prefix.
public enum InputTopic: String, CaseIterable, Sendable {
  case feedback, executions, retrievals, reviews
  case experimentEvents = "experiment-events"
  case trainingEvents = "training-events"
  case telemetry
  case deploymentEvents = "deployment-events"
  case control
}

/// Fields that are required depending on others.
public enum FieldRule: Sendable {
  /// When the field is the choice, the others are required.
  case when(String, is: String, requires: [String])
  /// One of the fields at least.
  case anyOf([String])
}

/// A declared type of event.
public struct EventShape: Sendable {
  public var type: EventType
  public var topic: InputTopic
  /// What has happened when such an event is published.
  public var about: String
  /// The fields whose first present one is the record's key.
  public var key: [String]
  /// What the key is when none of `key` is there: the attribute organization, or else the event's id.
  public var isKeyedByOrganization: Bool
  /// Whether the attribute `agent` must be there.
  public var needsAgent: Bool
  public var fields: [Field]
  public var rules: [FieldRule]

  init<Kind: EventKind>(
    _ kind: Kind.Type, on topic: InputTopic, _ about: String, key: [String] = [],
    isKeyedByOrganization: Bool = false, needsAgent: Bool = false, rules: [FieldRule] = []
  ) {
    self.type = kind.type
    self.topic = topic
    self.about = about
    self.key = key
    self.isKeyedByOrganization = isKeyedByOrganization
    self.needsAgent = needsAgent
    self.fields = kind.allCases.map(\.field)
    self.rules = rules
  }
}

/// A type of event, as the enumeration of its fields.
public protocol EventKind: FieldSet {
  static var type: EventType { get }
  static var shape: EventShape { get }
}

// MARK: - As the decoder uses it

/// Fields laid out for decoding: found by name, checked by numbers, nothing counted by reference on the way.
final class FieldPlan: Sendable {
  struct Entry: Sendable {
    enum Kind: UInt8 { case text, choice, whole, number, boolean, time, object, list, records }

    var kind: Kind
    /// Of the elements of a list.
    var element: Kind = .text
    var isRequired: Bool
    /// Of a text's characters or a list's elements.
    var countMax = 0
    var elementCountMax = 0
    var wholeRange: ClosedRange<Int64> = 0...0
    var numberRange: ClosedRange<Double> = 0...0
    /// In `choices` or in `inner`.
    var index = 0
  }

  let names: NameTable
  let entries: [Entry]
  /// One bit per required field.
  let required: UInt64
  let choices: [NameTable]
  let inner: [FieldPlan]

  init(_ fields: [Field]) {
    precondition(fields.count <= 64, "more fields than bits")
    names = NameTable(fields.map(\.name))
    var choices: [NameTable] = []
    var inner: [FieldPlan] = []
    entries = fields.map { Self.entry($0.shape, $0.isRequired, &choices, &inner) }
    required = fields.enumerated().reduce(0) { $1.element.isRequired ? $0 | 1 << UInt64($1.offset) : $0 }
    self.choices = choices
    self.inner = inner
  }

  private static func entry(
    _ shape: FieldShape, _ isRequired: Bool, _ choices: inout [NameTable], _ inner: inout [FieldPlan]
  ) -> Entry {
    switch shape {
    case .text(let charactersMax): return Entry(kind: .text, isRequired: isRequired, countMax: charactersMax)
    case .choice(let values):
      choices.append(NameTable(values))
      return Entry(kind: .choice, isRequired: isRequired, index: choices.count - 1)
    case .whole(let range): return Entry(kind: .whole, isRequired: isRequired, wholeRange: range)
    case .number(let range): return Entry(kind: .number, isRequired: isRequired, numberRange: range)
    case .boolean: return Entry(kind: .boolean, isRequired: isRequired)
    case .time: return Entry(kind: .time, isRequired: isRequired)
    case .object: return Entry(kind: .object, isRequired: isRequired)
    case .list(let element, let countMax):
      var entry = Self.entry(element, isRequired, &choices, &inner)
      precondition(entry.kind != .list && entry.kind != .records, "a list of lists")
      (entry.element, entry.kind) = (entry.kind, .list)
      (entry.elementCountMax, entry.countMax) = (entry.countMax, countMax)
      return entry
    case .records(let fields, let countMax):
      let plan = FieldPlan(fields)
      // Records stand one behind the other in the decoder's slots; lists in them would stand between.
      precondition(plan.entries.allSatisfy { $0.kind != .list && $0.kind != .records }, "a list in a list")
      inner.append(plan)
      return Entry(kind: .records, isRequired: isRequired, countMax: countMax, index: inner.count - 1)
    case .group, .map: preconditionFailure("events are flat")
    }
  }
}

/// A type of event laid out for decoding.
final class EventPlan: Sendable {
  struct Rule: Sendable {
    var condition: (field: Int, choice: UInt64)?
    /// One bit per field, all of which are required.
    var all: UInt64 = 0
    /// One bit per field, one of which is required; 0 asks for none.
    var any: UInt64 = 0
  }

  let type: EventType
  let topic: InputTopic
  let needsAgent: Bool
  let fields: FieldPlan
  let rules: [Rule]
  let key: [Int]
  let isKeyedByOrganization: Bool

  init(_ shape: EventShape) {
    type = shape.type
    topic = shape.topic
    needsAgent = shape.needsAgent
    let names = shape.fields.map(\.name)
    func number(_ name: String) -> Int {
      guard let number = names.firstIndex(of: name) else { preconditionFailure("no field \(name)") }
      return number
    }
    func bits(_ names: [String]) -> UInt64 { names.reduce(0) { $0 | 1 << UInt64(number($1)) } }
    fields = FieldPlan(shape.fields)
    key = shape.key.map(number)
    isKeyedByOrganization = shape.isKeyedByOrganization
    rules = shape.rules.map { rule in
      switch rule {
      case .anyOf(let names): return Rule(any: bits(names))
      case .when(let name, let value, let required):
        guard case .choice(let values) = shape.fields[number(name)].shape,
          let choice = values.firstIndex(of: value)
        else { preconditionFailure("\(name) is never \(value)") }
        return Rule(condition: (number(name), UInt64(choice)), all: bits(required))
      }
    }
  }
}
