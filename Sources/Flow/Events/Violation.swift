// Why a record is no event that can be folded: what quarantine says about it.

/// What is wrong with a record, in the terms of the event that it should have been.
public struct Violation: Error, Hashable, Sendable {
  public enum Reason: String, Hashable, Sendable {
    /// No event can be read out of the record: it is not CloudEvents, or not JSON.
    case undecodable
    /// An event of a type that is not known here, or not on this topic.
    case unknownType = "unknown-type"
    /// An event of a known type that breaks a rule of its schema.
    case invalid
  }

  public var reason: Reason
  /// Where in the event, as a JSON pointer (RFC 6901) into its structured form: attributes lie at its root,
  /// fields below `/data`. Empty means the event itself.
  public var pointer: String
  /// The rule that is broken, in words.
  public var rule: String
  /// What to do about it, where there is more to say than the rule does.
  public var next: String?
  /// The byte within the record's value where it is broken; nil when it is broken elsewhere.
  public var position: Int?

  public init(
    _ reason: Reason, at pointer: String, _ rule: String, next: String? = nil, position: Int? = nil
  ) {
    self.reason = reason
    self.pointer = pointer
    self.rule = rule
    self.next = next
    self.position = position
  }
}

extension Violation {
  /// What is broken in an event that is no JSON.
  init(_ fault: JSONFault, in bytes: RawSpan) {
    self.init(
      .undecodable, at: jsonPointer(to: fault.position, in: bytes), fault.rule.rawValue,
      position: fault.position)
  }
}

extension Violation: CustomStringConvertible {
  public var description: String { "\(pointer.isEmpty ? "the event" : pointer): \(rule)" }
}
