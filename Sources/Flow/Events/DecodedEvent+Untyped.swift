// A decoded event by the numbers of its fields, for what is declared in files instead of coded: metrics name
// fields at run time, so they are found once by name and read by number from then on.
public import Basics

extension EventType {
  /// Its place in `allCases`.
  public var ordinal: Int { Int(unsafe unsafeBitCast(self, to: UInt8.self)) }
}

extension DecodedEvent {
  /// What a field holds, text apart.
  public enum FieldValue: Sendable {
    case absent
    case text
    /// The number of the choice, in the declared order.
    case choice(Int)
    case number(Double)
    case whole(Int64)
    case boolean(Bool)
    case time(EventTime)
    case object
    /// How many elements it has.
    case list(Int)
  }

  /// The value of field number `field` of the type's declared fields.
  @inline(__always)
  public func value(_ field: Int) -> FieldValue {
    let slot = slots[field]
    switch slot.kind {
    case .absent: return .absent
    case .text: return .text
    case .choice: return .choice(Int(slot.bits))
    case .number: return .number(Double(bitPattern: slot.bits))
    case .whole: return .whole(Int64(bitPattern: slot.bits))
    case .boolean: return .boolean(slot.bits == 1)
    case .time: return .time(EventTime(milliseconds: Int64(bitPattern: slot.bits)))
    case .object: return .object
    case .list: return .list(Int(slot.count))
    }
  }

  /// The text of a field; nil when it holds none.
  @_lifetime(copy self)
  public func text(_ field: Int) -> JSONText? {
    let slot = slots[field]
    guard slot.kind == .text else { return nil }
    return JSONText(slot.string, in: data)
  }

  /// An element of a list of texts; nil when there is none.
  @_lifetime(copy self)
  public func text(_ field: Int, at index: Int) -> JSONText? {
    let list = slots[field]
    guard list.kind == .list, index >= 0, index < Int(list.count) else { return nil }
    let element = slots[Int(list.bits) + index]
    guard element.kind == .text else { return nil }
    return JSONText(element.string, in: data)
  }

  /// The text of a member of an object; nil when there is none, or when it is no string.
  @_lifetime(copy self)
  public func text(_ field: Int, member: String) -> JSONText? {
    let slot = slots[field]
    guard slot.kind == .object else { return nil }
    let object = data.extracting(Int(slot.start)..<Int(slot.start) + Int(slot.count))
    guard let found = stringMember(member, of: object) else { return nil }
    return JSONText(found, in: object)
  }
}

private func stringMember(_ member: String, of object: RawSpan) -> JSONString? {
  do throws(JSONFault) {
    var reader = JSONReader(object)
    try reader.enterObject()
    while let name = try reader.nextName() {
      if name.string(in: object) == member {
        return try reader.kind() == .string ? try reader.string() : nil
      }
      try reader.skip()
    }
  } catch {}
  return nil
}
