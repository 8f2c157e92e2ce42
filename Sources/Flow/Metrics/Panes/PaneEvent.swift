// An event as the panes read it: fields by number, whether it came from outside or was made by a processor.
internal import Basics
internal import Events

/// What counting asks of an event.
protocol PaneEvent: ~Escapable {
  /// The field as a number; true is 1. nil where it has none.
  func number(_ field: Int) -> Double?
  func isPresent(_ field: Int) -> Bool
  /// The number of the choice, nil when the field is none.
  func choice(_ field: Int) -> Int?
  /// How many elements a list has.
  func count(_ field: Int) -> Int
  /// Appends the text of a field, an element or a member; false when there is none.
  func append(_ field: Int, to bytes: inout [UInt8]) -> Bool
  func append(_ field: Int, element: Int, to bytes: inout [UInt8]) -> Bool
  func append(_ field: Int, member: String, to bytes: inout [UInt8]) -> Bool
}

/// An event from outside.
struct OutsideEvent: PaneEvent, ~Escapable {
  let event: DecodedEvent

  @_lifetime(copy event)
  init(_ event: DecodedEvent) { self.event = event }

  @inline(__always)
  func number(_ field: Int) -> Double? {
    switch event.value(field) {
    case .number(let value): value
    case .whole(let value): Double(value)
    case .boolean(let value): value ? 1 : 0
    case .time(let time): Double(time.rawValue) / 1000
    case .absent, .text, .choice, .object, .list: nil
    }
  }

  @inline(__always)
  func isPresent(_ field: Int) -> Bool { if case .absent = event.value(field) { false } else { true } }

  @inline(__always)
  func choice(_ field: Int) -> Int? {
    if case .choice(let number) = event.value(field) { number } else { nil }
  }

  func count(_ field: Int) -> Int { if case .list(let count) = event.value(field) { count } else { 0 } }

  @inline(__always)
  func append(_ field: Int, to bytes: inout [UInt8]) -> Bool {
    switch event.value(field) {
    case .text:
      guard let text = event.text(field) else { return false }
      text.append(to: &bytes)
    case .whole(let value): bytes.append(contentsOf: String(value).utf8)
    case .number(let value): bytes.append(contentsOf: value.description.utf8)
    case .boolean(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .absent, .choice, .time, .object, .list: return false
    }
    return true
  }

  func append(_ field: Int, element: Int, to bytes: inout [UInt8]) -> Bool {
    guard let text = event.text(field, at: element) else { return false }
    text.append(to: &bytes)
    return true
  }

  func append(_ field: Int, member: String, to bytes: inout [UInt8]) -> Bool {
    guard let text = event.text(field, member: member) else { return false }
    text.append(to: &bytes)
    return true
  }
}

/// An event that a processor has made: its values in the order of the declared fields.
struct InsideEvent: PaneEvent {
  var values: [InternalValue?]

  func number(_ field: Int) -> Double? { if case .number(let value)? = values[field] { value } else { nil } }
  func isPresent(_ field: Int) -> Bool { values[field] != nil }
  func choice(_ field: Int) -> Int? { nil }
  func count(_ field: Int) -> Int { if case .list(let list)? = values[field] { list.count } else { 0 } }

  func append(_ field: Int, to bytes: inout [UInt8]) -> Bool {
    switch values[field] {
    case .text(let text)?: bytes.append(contentsOf: text.utf8)
    case .number(let value)?:
      bytes.append(contentsOf: (Int64(exactly: value).map { "\($0)" } ?? value.description).utf8)
    default: return false
    }
    return true
  }

  func append(_ field: Int, element: Int, to bytes: inout [UInt8]) -> Bool {
    guard case .list(let list)? = values[field], list.indices.contains(element) else { return false }
    bytes.append(contentsOf: list[element].utf8)
    return true
  }

  func append(_ field: Int, member: String, to bytes: inout [UInt8]) -> Bool { false }
}
