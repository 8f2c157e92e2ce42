// From an envelope to a typed event, or to the rule that is broken. Driven by the declared shapes, so that
// what the schemas say and what is decoded are one thing. The decoder keeps its memory: an event costs no
// allocation.
internal import Basics

/// A decoded event, borrowed from its record and from the decoder until the next event.
public struct DecodedEvent: ~Escapable {
  public let type: EventType
  /// What decides on its partition (docs/events.md): a field of its data, its organization or its id.
  public let key: JSONText
  let slots: Span<Slot>
  let data: RawSpan

  @_lifetime(copy slots, copy data, copy key)
  init(_ type: EventType, _ slots: Span<Slot>, of data: RawSpan, key: consuming JSONText) {
    self.type = type
    self.slots = slots
    self.data = data
    self.key = key
  }

  /// Its fields; `kind` must be its type's.
  @_lifetime(copy self)
  public func fields<Kind: EventKind>(_ kind: Kind.Type) -> Fields<Kind> {
    precondition(kind.type == type, "fields of another type of event")
    return Fields(slots, of: data)
  }
}

/// Decodes one event after another.
public struct EventDecoder: ~Copyable {
  private let types: NameTable
  private let plans: [EventPlan]
  private var slots: [Slot] = []
  private var broken = BrokenRule()

  /// The rule that ended decoding, beside the position, which travels in the fault.
  private struct BrokenRule {
    var rule = ""
    /// The field that is missing at the position, or "".
    var field = ""
    var next: String?
  }

  public init() {
    plans = EventType.allCases.map { EventPlan($0.shape) }
    types = NameTable(EventType.allCases.map(\.rawValue))
    slots.reserveCapacity(256)
  }

  /// Decodes the data of `envelope`, which came from `topic`.
  @_lifetime(&self, copy envelope)
  public mutating func decode(
    _ envelope: borrowing Envelope, from topic: InputTopic?
  ) throws(Violation) -> DecodedEvent {
    guard let index = types.find(envelope.type) else {
      throw Violation(
        .unknownType, at: "/type", "no type of event is called \"\(envelope.type.string)\"",
        next: didYouMean(envelope.type.string, among: types.names))
    }
    let plan = plans[index]
    if let topic, topic != plan.topic {
      throw Violation(
        .unknownType, at: "/type", "events of this type belong on the topic \(plan.topic.rawValue)")
    }
    if plan.needsAgent, envelope.agent == nil { throw Violation(.invalid, at: "/agent", "is missing") }
    do throws(JSONFault) { try read(envelope.data, plan) } catch {
      throw violation(error, in: envelope)
    }
    let slot = plan.key.first { slots[$0].kind != .absent }.map { slots[$0] }
    let key =
      if let slot {
        JSONText(slot.string, in: envelope.data)
      } else {
        JSONText(copying: plan.isKeyedByOrganization ? envelope.organization : envelope.id)
      }
    // The slots stay as they are until the next event; the result's dependence on self forbids that one
    // meanwhile.
    let found = unsafe _overrideLifetime(slots.span, copying: envelope.data)
    return unsafe _overrideLifetime(
      DecodedEvent(plan.type, found, of: envelope.data, key: key), mutating: &self)
  }

  private func violation(_ fault: JSONFault, in envelope: borrowing Envelope) -> Violation {
    let pointer = "/data" + jsonPointer(to: fault.position, in: envelope.data)
    let position = envelope.dataStart + fault.position
    guard fault.rule == .shape else {
      return Violation(.undecodable, at: pointer, fault.rule.rawValue, position: position)
    }
    let field = broken.field.isEmpty ? "" : "/" + escapedForPointer(broken.field)
    return Violation(.invalid, at: pointer + field, broken.rule, next: broken.next, position: position)
  }

  @inline(never)
  private mutating func broke(
    _ rule: String, at position: Int, field: String = "", next: String? = nil
  ) -> JSONFault {
    broken = BrokenRule(rule: rule, field: field, next: next)
    return JSONFault(.shape, at: position)
  }

  private mutating func read(_ data: RawSpan, _ plan: EventPlan) throws(JSONFault) {
    slots.removeAll(keepingCapacity: true)
    var reader = JSONReader(data)
    try expect(.object, "an object", &reader)
    let start = reader.position
    let found = try readFields(&reader, plan.fields)
    try reader.finish()
    for rule in plan.rules {
      if let condition = rule.condition {
        let slot = slots[condition.field]
        guard slot.kind == .choice, slot.bits == condition.choice else { continue }
      }
      let missing = rule.all & ~found
      if missing != 0 {
        let name = plan.fields.names.names[missing.trailingZeroBitCount]
        let condition = rule.condition.map { plan.fields.names.names[$0.field] } ?? ""
        throw broke("is missing, and required by \(condition)", at: start, field: name)
      }
      if rule.any != 0, rule.any & found == 0 {
        let names = plan.fields.names.names.enumerated().filter { rule.any >> UInt64($0.offset) & 1 == 1 }
        throw broke("must have one of \(names.map(\.element).joined(separator: ", "))", at: start)
      }
    }
  }
}

// MARK: - Values

extension EventDecoder {
  /// Reads an object into slots behind those there are, and returns which fields it has.
  private mutating func readFields(
    _ reader: inout JSONReader, _ plan: FieldPlan
  ) throws(JSONFault) -> UInt64 {
    let first = slots.count
    slots.append(contentsOf: repeatElement(Slot(), count: plan.entries.count))
    let start = reader.position
    let entries = plan.entries
    try reader.enterObject()
    var found: UInt64 = 0
    while let name = try reader.nextName() {
      guard let number = plan.names.find(JSONText(name, in: reader.bytes)) else {
        try reader.skip()
        continue
      }
      let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: number)
      if found & bit != 0 { throw broke("must not occur twice", at: Int(name.start)) }
      found |= bit
      // Most fields are texts, and an entry is many bytes to copy.
      let slot =
        entries[number].kind == .text
        ? try readText(&reader, entries[number].countMax) : try readValue(&reader, plan, number)
      slots[first + number] = slot
    }
    let missing = plan.required & ~found
    if missing != 0 {
      throw broke("is missing", at: start, field: plan.names.names[missing.trailingZeroBitCount])
    }
    return found
  }

  private mutating func readValue(
    _ reader: inout JSONReader, _ plan: FieldPlan, _ number: Int
  ) throws(JSONFault) -> Slot {
    let entry = plan.entries[number]
    switch entry.kind {
    case .list, .records: return try readList(&reader, entry, plan)
    default: return try readScalar(&reader, entry.kind, entry.countMax, entry, plan)
    }
  }

  private mutating func readList(
    _ reader: inout JSONReader, _ entry: FieldPlan.Entry, _ plan: FieldPlan
  ) throws(JSONFault) -> Slot {
    try expect(.array, "a list", &reader)
    let (start, first) = (reader.position, slots.count)
    var count: UInt32 = 0
    try reader.enterArray()
    while try reader.nextElement() {
      count += 1
      if count > entry.countMax { throw broke("must have at most \(entry.countMax) elements", at: start) }
      if entry.kind == .records {
        try expect(.object, "an object", &reader)
        _ = try readFields(&reader, plan.inner[entry.index])
      } else {
        slots.append(try readScalar(&reader, entry.element, entry.elementCountMax, entry, plan))
      }
    }
    return Slot(kind: .list, count: count, bits: UInt64(first))
  }

  private mutating func readScalar(
    _ reader: inout JSONReader, _ kind: FieldPlan.Entry.Kind, _ charactersMax: Int,
    _ entry: FieldPlan.Entry, _ plan: FieldPlan
  ) throws(JSONFault) -> Slot {
    switch kind {
    case .text: return try readText(&reader, charactersMax)
    case .choice: return try readChoice(&reader, plan.choices[entry.index])
    case .whole:
      try expect(.number, "a whole number", &reader)
      let start = reader.position
      let range = entry.wholeRange
      guard let whole = try reader.number().whole, range.contains(whole) else {
        throw broke("must be a whole number from \(range.lowerBound) to \(range.upperBound)", at: start)
      }
      return Slot(kind: .whole, bits: UInt64(bitPattern: whole))
    case .number:
      try expect(.number, "a number", &reader)
      let (start, value) = (reader.position, try reader.number().value)
      guard entry.numberRange.contains(value) else { throw broke(Self.rule(entry.numberRange), at: start) }
      return Slot(kind: .number, bits: value.bitPattern)
    case .boolean:
      if try reader.kind() != .no { try expect(.yes, "true or false", &reader) }
      return Slot(kind: .boolean, bits: try reader.boolean() ? 1 : 0)
    case .time: return try readTime(&reader)
    case .object, .list, .records:
      try expect(.object, "an object", &reader)
      let range = try reader.skip()
      return Slot(kind: .object, start: UInt32(range.lowerBound), count: UInt32(range.count))
    }
  }

  @inline(__always)
  private mutating func readText(_ reader: inout JSONReader, _ charactersMax: Int) throws(JSONFault) -> Slot {
    try expect(.string, "a string", &reader)
    let (start, text) = (reader.position, try reader.string())
    if text.count == 0 { throw broke("must not be empty", at: start) }
    // Every character has a byte at least.
    if text.count > charactersMax, JSONText(text, in: reader.bytes).scalarCount > charactersMax {
      throw broke("must have at most \(charactersMax) characters", at: start)
    }
    return Slot(kind: .text, isEscaped: text.isEscaped, start: text.start, count: text.count)
  }

  private mutating func readChoice(_ reader: inout JSONReader, _ names: NameTable) throws(JSONFault) -> Slot {
    try expect(.string, "a string", &reader)
    let start = reader.position
    let text = JSONText(try reader.string(), in: reader.bytes)
    guard let number = names.find(text) else {
      throw broke(
        "must be one of \(names.names.joined(separator: ", "))", at: start,
        next: didYouMean(text.string, among: names.names))
    }
    return Slot(kind: .choice, bits: UInt64(number))
  }

  private mutating func readTime(_ reader: inout JSONReader) throws(JSONFault) -> Slot {
    try expect(.string, "a string", &reader)
    let start = reader.position
    let text = JSONText(try reader.string(), in: reader.bytes)
    guard let time = text.time else { throw broke(EventTime.rule, at: start) }
    return Slot(kind: .time, bits: UInt64(bitPattern: time.rawValue))
  }

  @inline(__always)
  private mutating func expect(
    _ kind: JSONKind, _ what: StaticString, _ reader: inout JSONReader
  ) throws(JSONFault) {
    let found = try reader.kind()
    guard found == kind else {
      let hint = found == .null ? "; leave the field out where there is none" : ""
      throw broke("must be \(what)\(hint)", at: reader.position)
    }
  }

  private static func rule(_ range: ClosedRange<Double>) -> String {
    func text(_ bound: Double) -> String { Int64(exactly: bound).map { "\($0)" } ?? "\(bound)" }
    return "must be a number from \(text(range.lowerBound)) to \(text(range.upperBound))"
  }
}
