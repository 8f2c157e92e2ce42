// What reading an event needs of a record, so that the engine's records, and a test's, can be read alike.

/// A record of a topic, borrowed.
public protocol EventRecord: ~Escapable {
  /// nil is a tombstone.
  var value: RawSpan? { @_lifetime(copy self) get }
  /// The value of the last header of that name; nil when there is none.
  @_lifetime(copy self)
  func header(_ name: StaticString) -> RawSpan?
}

/// An event as its JSON alone, in structured form: a line of a file.
public struct StructuredEvent: EventRecord, ~Escapable {
  private let bytes: RawSpan

  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan) { self.bytes = bytes }

  public var value: RawSpan? {
    @_lifetime(copy self)
    get { bytes }
  }

  @_lifetime(copy self)
  public func header(_ name: StaticString) -> RawSpan? { nil }
}
