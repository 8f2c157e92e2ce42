// The fields of a decoded event, borrowed: numbers as values, text in place. A fold asks for what it needs.
public import Basics

/// What the decoder found of one field.
struct Slot: Sendable {
  enum Kind: UInt8 { case absent, text, choice, whole, number, boolean, time, object, list }

  var kind: Kind = .absent
  var isEscaped = false
  /// In the data, of a text or an object.
  var start: UInt32 = 0
  /// In bytes; of a list, in elements.
  var count: UInt32 = 0
  /// The number itself, the choice's number, or of a list its first slot.
  var bits: UInt64 = 0

  var string: JSONString { JSONString(start: start, count: count, isEscaped: isEscaped) }
}

/// The fields of an event, or of a record in one of its lists; those not given are nil.
///
/// Asking for a field as something that it is not declared to be is a programmer's error.
public struct Fields<Names: FieldSet>: ~Escapable {
  let slots: Span<Slot>
  let data: RawSpan
  let first: Int

  @_lifetime(copy slots, copy data)
  init(_ slots: Span<Slot>, of data: RawSpan, from first: Int = 0) {
    self.slots = slots
    self.data = data
    self.first = first
  }

  @inline(__always)
  private func slot(_ field: Names, _ kind: Slot.Kind) -> Slot? {
    let slot = slots[first + field.rawValue]
    if slot.kind == .absent { return nil }
    precondition(slot.kind == kind, "a field of another shape")
    return slot
  }

  public func has(_ field: Names) -> Bool { slots[first + field.rawValue].kind != .absent }

  @_lifetime(copy self)
  public func text(_ field: Names) -> JSONText? {
    guard let slot = slot(field, .text) else { return nil }
    return text(slot)
  }

  public func choice<Values: Choice>(_ field: Names, _ values: Values.Type = Values.self) -> Values? {
    slot(field, .choice).flatMap { Values(rawValue: Int($0.bits)) }
  }

  public func whole(_ field: Names) -> Int64? {
    slot(field, .whole).map { Int64(bitPattern: $0.bits) }
  }

  public func number(_ field: Names) -> Double? {
    slot(field, .number).map { Double(bitPattern: $0.bits) }
  }

  public func boolean(_ field: Names) -> Bool? { slot(field, .boolean).map { $0.bits == 1 } }

  public func time(_ field: Names) -> EventTime? {
    slot(field, .time).map { EventTime(milliseconds: Int64(bitPattern: $0.bits)) }
  }

  /// The JSON text of an object.
  @_lifetime(copy self)
  public func object(_ field: Names) -> RawSpan? {
    guard let slot = slot(field, .object) else { return nil }
    return data.extracting(Int(slot.start)..<Int(slot.start) + Int(slot.count))
  }

  /// How many elements a list has; 0 when it is not given.
  public func count(_ field: Names) -> Int { slot(field, .list).map { Int($0.count) } ?? 0 }

  /// An element of a list of texts.
  @_lifetime(copy self)
  public func text(_ field: Names, at index: Int) -> JSONText {
    let list = list(field, index)
    let element = slots[Int(list.bits) + index]
    precondition(element.kind == .text, "a field of another shape")
    return text(element)
  }

  /// An element of a list of records.
  @_lifetime(copy self)
  public func record<Inner: FieldSet>(_ field: Names, at index: Int, _ names: Inner.Type) -> Fields<Inner> {
    let list = list(field, index)
    return Fields<Inner>(slots, of: data, from: Int(list.bits) + index * names.allCases.count)
  }

  private func list(_ field: Names, _ index: Int) -> Slot {
    guard let list = slot(field, .list), index >= 0, index < list.count else {
      preconditionFailure("an element outside its list")
    }
    return list
  }

  @_lifetime(copy self) @inline(__always)
  private func text(_ slot: Slot) -> JSONText {
    JSONText(slot.string, in: data)
  }
}
