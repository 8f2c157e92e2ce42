// What state is kept under: something of one organization, an execution or what stands in for it where
// feedback names none, an example, an agent. The organization is part of the key, so that another's ids
// never meet (R14.1).
public import Basics
public import Events

/// Names what belongs together. Its bytes are the key on disk.
public struct ScopedKey: StorableKey, Hashable {
  /// What the id names. Sessions and executions may have the same ids.
  public enum Kind: UInt8, Sendable {
    case execution, session, user, event, example, agent
  }

  private let bytes: [UInt8]

  public init(_ kind: Kind, organization: borrowing JSONText, id: borrowing JSONText) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(5 + organization.rawBytes.byteCount + id.rawBytes.byteCount)
    bytes.append(kind.rawValue)
    bytes.append(littleEndian: UInt32(0))
    organization.append(to: &bytes)
    bytes.setCount(at: 1)
    id.append(to: &bytes)
    self.bytes = bytes
  }

  public init(_ kind: Kind, organization: String, id: String) {
    var bytes: [UInt8] = [kind.rawValue]
    bytes.append(countedText: organization)
    bytes.append(contentsOf: id.utf8)
    self.bytes = bytes
  }

  public var kind: Kind { bytes.first.flatMap(Kind.init) ?? .event }
  public var organization: String { parts.organization }
  public var id: String { parts.id }

  private var parts: (organization: String, id: String) {
    var reader = ByteReader(unsafe bytes.span.bytes)
    guard reader.integer(UInt8.self) != nil, let organization = reader.text() else { return ("", "") }
    return (organization, String(decoding: bytes.dropFirst(5 + organization.utf8.count), as: UTF8.self))
  }

  public func store(into bytes: inout [UInt8]) { bytes.append(contentsOf: self.bytes) }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let kind = reader.integer(UInt8.self), Kind(rawValue: kind) != nil, reader.text() != nil,
      let whole = [UInt8](stored: bytes)
    else { return nil }
    self.bytes = whole
  }

  public var storedHash: UInt64 { XXH64.hash(unsafe bytes.span.bytes) }
}
