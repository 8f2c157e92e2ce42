// A record's headers as every module can read them: borrowed bytes, and where in them each name and value
// stands.

/// Where a header's name and value stand in the bytes of its record.
public struct HeaderPlace: Hashable, Sendable {
  public var nameStart: Int
  public var nameCount: Int
  public var valueStart: Int
  /// -1: null, which is not the same as empty.
  public var valueCount: Int

  @inlinable public init(nameStart: Int, nameCount: Int, valueStart: Int, valueCount: Int) {
    self.nameStart = nameStart
    self.nameCount = nameCount
    self.valueStart = valueStart
    self.valueCount = valueCount
  }
}

/// The headers of one record in order, borrowed.
public struct RecordHeaders: ~Escapable {
  public let bytes: RawSpan
  public let places: Span<HeaderPlace>

  @_lifetime(copy bytes, copy places) @inlinable
  public init(_ bytes: RawSpan, _ places: Span<HeaderPlace>) {
    self.bytes = bytes
    self.places = places
  }

  @inlinable public var count: Int { places.count }

  /// UTF-8.
  @_lifetime(copy self) @inlinable
  public func name(_ index: Int) -> RawSpan {
    let place = places[index]
    return bytes.extracting(place.nameStart..<place.nameStart + place.nameCount)
  }

  /// nil when it is null.
  @_lifetime(copy self) @inlinable
  public func value(_ index: Int) -> RawSpan? {
    let place = places[index]
    guard place.valueCount >= 0 else { return nil }
    return bytes.extracting(place.valueStart..<place.valueStart + place.valueCount)
  }
}
