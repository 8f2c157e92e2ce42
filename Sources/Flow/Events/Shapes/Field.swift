// How events are declared: each type lists its fields once, in Swift, and from that list come the decoder
// and the JSON Schemas. So they cannot drift apart (docs/decisions/0006).
internal import Synchronization

/// What a field's value must be.
public indirect enum FieldShape: Sendable {
  /// Characters as Unicode scalars, at least one unless said otherwise.
  case text(charactersMax: Int)
  /// One of the names.
  case choice([String])
  case whole(ClosedRange<Int64>)
  case number(ClosedRange<Double>)
  case boolean
  /// RFC 3339.
  case time
  /// Any JSON object; its content is the producer's affair.
  case object
  case list(of: FieldShape, countMax: Int)
  case records([Field], countMax: Int)
  /// One record; projections alone have these two, events are flat.
  case group([Field])
  /// Values by names that are data: labels, counts by type.
  case map(of: FieldShape)
}

/// One field of an event's data, or of a record in one of its lists.
public struct Field: Sendable {
  /// As in JSON; OpenTelemetry's name where its GenAI conventions have one. A dot is part of the name.
  public var name: String
  public var shape: FieldShape
  public var isRequired: Bool
  /// What it means, with its unit.
  public var about: String

  public init(_ name: String, _ shape: FieldShape, _ about: String, isRequired: Bool = false) {
    self.name = name
    self.shape = shape
    self.about = about
    self.isRequired = isRequired
  }

  /// The field, required.
  public var required: Field { Field(name, shape, about, isRequired: true) }
}

/// A list of names as a Swift enumeration, whose raw values count from 0 in order.
public protocol FieldSet: RawRepresentable<Int>, CaseIterable, Sendable {
  var field: Field { get }
}

/// Values of a field that can be one of a few; raw values count from 0 in order.
public protocol Choice: RawRepresentable<Int>, CaseIterable, Sendable {}

extension Choice {
  /// As in JSON: `thumbsUp` is `thumbs_up`.
  public var name: String {
    choiceNames.withLock { known in
      if let names = known[ObjectIdentifier(Self.self)] { return names[rawValue] }
      let names = Self.allCases.map(\.spelled)
      known[ObjectIdentifier(Self.self)] = names
      return names[rawValue]
    }
  }

  private var spelled: String {
    "\(self)".reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
  }
}

/// Of each type, by raw value: asking Swift for a case's own name takes longer than writing a record.
private let choiceNames = Mutex<[ObjectIdentifier: [String]]>([:])

// MARK: - Shapes by the names that declarations use

extension Field {
  /// Names things and becomes a key.
  public static let idCharactersMax = 256
  /// A line or two: names, reasons.
  static let lineCharactersMax = 1024
  /// What people or models write; a topic takes a megabyte.
  static let textCharactersMax = 262_144
  /// The whole numbers that every JSON reader keeps exact (RFC 8259, section 6).
  public static let wholeMax: Int64 = 9_007_199_254_740_991
  /// Beyond any duration, cost or measurement that means something.
  public static let numberMax = 1e18

  public static func id(_ name: String, _ about: String) -> Field {
    Field(name, .text(charactersMax: idCharactersMax), about)
  }
  public static func line(_ name: String, _ about: String) -> Field {
    Field(name, .text(charactersMax: lineCharactersMax), about)
  }
  public static func text(_ name: String, _ about: String) -> Field {
    Field(name, .text(charactersMax: textCharactersMax), about)
  }
  public static func choice<Values: Choice>(_ name: String, _ values: Values.Type, _ about: String) -> Field {
    Field(name, .choice(values.allCases.map(\.name)), about)
  }
  public static func count(_ name: String, _ about: String) -> Field {
    Field(name, .whole(0...wholeMax), about)
  }
  public static func whole(_ name: String, _ range: ClosedRange<Int64>, _ about: String) -> Field {
    Field(name, .whole(range), about)
  }
  public static func stars(_ name: String, _ about: String) -> Field { Field(name, .whole(1...5), about) }
  public static func fraction(_ name: String, _ about: String) -> Field { Field(name, .number(0...1), about) }
  public static func percent(_ name: String, _ about: String) -> Field {
    Field(name, .number(0...100), about)
  }
  /// Durations, sizes, costs: never negative.
  public static func amount(_ name: String, _ about: String) -> Field {
    Field(name, .number(0...numberMax), about)
  }
  public static func number(_ name: String, _ about: String) -> Field {
    Field(name, .number(-numberMax...numberMax), about)
  }
  /// Any number that a double holds: sums, variances.
  public static func value(_ name: String, _ about: String) -> Field {
    Field(name, .number(-Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude), about)
  }
  public static func boolean(_ name: String, _ about: String) -> Field { Field(name, .boolean, about) }
  public static func time(_ name: String, _ about: String) -> Field { Field(name, .time, about) }
  public static func object(_ name: String, _ about: String) -> Field { Field(name, .object, about) }
  public static func ids(_ name: String, upTo countMax: Int, _ about: String) -> Field {
    Field(name, .list(of: .text(charactersMax: idCharactersMax), countMax: countMax), about)
  }
  public static func records<Fields: FieldSet>(
    _ name: String, _ fields: Fields.Type, upTo countMax: Int, _ about: String
  ) -> Field {
    Field(name, .records(fields.allCases.map(\.field), countMax: countMax), about)
  }
  public static func group<Fields: FieldSet>(_ name: String, _ fields: Fields.Type, _ about: String) -> Field
  {
    Field(name, .group(fields.allCases.map(\.field)), about)
  }
  public static func map(_ name: String, of shape: FieldShape, _ about: String) -> Field {
    Field(name, .map(of: shape), about)
  }
}
