// What processors publish, declared as events are: each projection and each decision lists its fields once,
// and from that list come the writer of its JSON, its JSON Schema and its page (docs/projections.md).

/// A record that processors publish for others to read.
public struct ProjectionShape: Sendable, CustomStringConvertible {
  public enum Kind: String, Sendable {
    /// The last state of an entity, on a compacted topic.
    case projection = "projections"
    /// Something that has been decided once, on a topic that keeps everything.
    case decision = "decisions"
  }

  public var kind: Kind
  /// Its topic without prefix, which is its name too.
  public var topic: String
  /// What a record says.
  public var about: String
  /// The record's key, in words.
  public var keyText: String
  /// Grows when what a field means has to change; then the new meaning has a field of its own.
  public var version: Int
  /// Behind those that every record begins with (`ProjectionHead`).
  public var fields: [Field]
  /// The fields that a person reading a table wants first, in order.
  public var columns: [String]

  public init<Names: FieldSet>(
    _ kind: Kind, on topic: String, _ about: String, key keyText: String, version: Int = 1,
    fields: Names.Type, columns: [Names]
  ) {
    self.kind = kind
    self.topic = topic
    self.about = about
    self.keyText = keyText
    self.version = version
    self.fields = fields.allCases.map(\.field)
    self.columns = columns.map(\.field.name)
  }

  public var description: String { topic }

  public var allFields: [Field] { ProjectionHead.allCases.map(\.field) + fields }
}

/// A declared projection or decision, as the enumeration of its fields.
public protocol ProjectionKind: FieldSet {
  static var shape: ProjectionShape { get }
}

/// The fields that every projection and decision begins with.
public enum ProjectionHead: Int, FieldSet {
  case schemaVersion, organization, position

  public var field: Field {
    switch self {
    case .schemaVersion: .whole("schema_version", 1...1_000_000, "of the record's fields").required
    case .organization: .id("organization", "whose it is").required
    case .position:
      .group("position", PositionField.self, "where the last event stands that made the record").required
    }
  }
}

/// Where an event stands.
public enum PositionField: Int, FieldSet {
  case topic, partition, offset

  public var field: Field {
    switch self {
    case .topic: .id("topic", "its topic, with prefix").required
    case .partition: .count("partition", "its partition").required
    case .offset: .count("offset", "its offset").required
    }
  }
}

/// The key of an entity on every topic: `organization/id`. A `/` or `%` within the organization is written as
/// in URLs, so two entities never share a key.
public func entityKey(organization: String, id: String) -> String {
  guard organization.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "%") }) else {
    return "\(organization)/\(id)"
  }
  var key = ""
  for character in organization.unicodeScalars {
    switch character {
    case "%": key += "%25"
    case "/": key += "%2F"
    default: key.unicodeScalars.append(character)
    }
  }
  return "\(key)/\(id)"
}
