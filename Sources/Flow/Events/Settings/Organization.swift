// An organization that is served: the value behind `organization.changed` (R14.1).
public import Basics

/// One organization's own settings.
public struct Organization: Hashable, Sendable {
  public var isActive: Bool
  /// What people call it.
  public var name: String?
  /// Where its days begin, as in the tz database; nil: UTC.
  public var timeZone: String?

  public init(isActive: Bool, name: String? = nil, timeZone: String? = nil) {
    self.isActive = isActive
    self.name = name
    self.timeZone = timeZone
  }

  public init(_ event: borrowing Fields<OrganizationChanged>) {
    self.init(
      isActive: event.boolean(.active) ?? false, name: event.text(.name)?.string,
      timeZone: event.text(.timeZone)?.string)
  }
}

extension Organization: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(isActive ? 1 : 0)
    bytes.append(texts: name.map { [$0] })
    bytes.append(texts: timeZone.map { [$0] })
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let isActive = reader.integer(UInt8.self), let name = reader.texts(), let zone = reader.texts(),
      reader.isAtEnd
    else { return nil }
    self.init(isActive: isActive == 1, name: name.texts?.first, timeZone: zone.texts?.first)
  }
}
