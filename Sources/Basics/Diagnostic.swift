// What a person is told when something is wrong: what, where, why and what to do next.
// The text form is stable: golden files in Tests hold every class of diagnostic.

/// One finding about a user's input or surroundings, for people to act on.
public struct Diagnostic: Error, Hashable, Sendable {
  public enum Severity: String, Sendable { case error, warning, note }

  /// Where the finding lies.
  public enum Place: Hashable, Sendable {
    /// A position in a text file; line and column count from 1, column in characters.
    case file(String, line: Int, column: Int)
    /// A whole file or folder.
    case path(String)
    /// A record, or with no offset its partition.
    case record(TopicPartition, Offset?)
    /// A command-line option, an environment variable, an address: anything with a name.
    case named(String)
  }

  public var severity: Severity
  public var place: Place?
  /// What is wrong, in one clause without a full stop.
  public var what: String
  /// Why it is wrong, or what was expected.
  public var why: String?
  /// What to do next; a suggestion reads `did you mean "x"?`.
  public var next: String?

  public init(
    _ what: String, at place: Place? = nil, why: String? = nil, next: String? = nil,
    severity: Severity = .error
  ) {
    self.severity = severity
    self.place = place
    self.what = what
    self.why = why
    self.next = next
  }
}

extension Diagnostic: CustomStringConvertible {
  /// `place: what`, then why and next on indented lines of their own; a warning or note says so after the
  /// place.
  public var description: String {
    var text = place.map { "\($0): " } ?? ""
    if severity != .error { text += "\(severity.rawValue): " }
    text += what
    for line in [why, next].compactMap({ $0 }) { text += "\n  \(line)" }
    return text
  }
}

extension Diagnostic.Place: CustomStringConvertible {
  public var description: String {
    switch self {
    case .file(let path, let line, let column): "\(path):\(line):\(column)"
    case .path(let path): path
    case .record(let partition, let offset): offset.map { "\(partition)@\($0)" } ?? "\(partition)"
    case .named(let name): name
    }
  }
}

/// Several findings thrown together, so that a user mends them in one go.
public struct Diagnostics: Error, Sendable, CustomStringConvertible {
  public var all: [Diagnostic]
  public init(_ all: [Diagnostic]) { self.all = all }
  public var description: String { all.map(\.description).joined(separator: "\n") }
}
