// What has been erased stays erased: an event that happened before an erasure and comes after it is of those
// that were to be forgotten (R14.8).
public import Basics
public import Events

/// Until when everything of somebody, or of something, is to be forgotten.
public struct ErasureMark: Hashable, Storable, Sendable {
  public var time: EventTime

  public init(_ time: EventTime) { self.time = time }

  public func store(into bytes: inout [UInt8]) { bytes.append(littleEndian: time.rawValue) }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let time = reader.integer(Int64.self), reader.isAtEnd else { return nil }
    self.time = EventTime(milliseconds: time)
  }
}

extension Erasure {
  /// What it covers, by the keys that events name.
  public var keys: [ScopedKey] {
    [(ScopedKey.Kind.user, user), (.session, session), (.execution, execution)].compactMap { kind, id in
      id.map { ScopedKey(kind, organization: organization, id: $0) }
    }
  }
}
