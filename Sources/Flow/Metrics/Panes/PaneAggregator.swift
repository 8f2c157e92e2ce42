// The first stage of aggregation, embedded in every processor that reads events: what an epoch's events add
// to declared metrics, per organization, series and pane, leaves as one partial per organization. It
// remembers nothing beyond the epoch. A known series costs no allocation.
public import Basics
public import Events

/// Counts events into panes until the partials are taken out.
public struct PaneAggregator: Sendable {
  private let plan: PanePlan
  private var table = PaneTable()
  private var histograms: [(counts: [UInt64], sum: Double, sketch: QuantileSketch)] = []
  private var distincts: [DistinctSketch] = []
  private var states: [[UInt8]] = []
  private var key: [UInt8] = []
  private var scratch: [UInt8] = []

  public init(_ declarations: MetricDeclarations) { plan = PanePlan(declarations) }

  /// Longer values of labels than an event's ids can be are cut, so that a key stays a key.
  static let labelBytesMax = 1024

  public var isEmpty: Bool { table.entries.isEmpty }

  /// When the first of the panes ends that an event of this time counts in; nil if it counts in none.
  public func firstEnd(of type: EventType, at time: EventTime) -> EventTime? {
    plan.byEvent[type.ordinal].map { group in
      let length = plan.groups[group].length_ms
      let start = MetricDeclarations.paneStart(of: time.rawValue, length_ms: length)
      return EventTime(milliseconds: start &+ length)
    }.min()
  }

  /// Adds an event from outside, which happened at `time`.
  public mutating func add(
    _ event: DecodedEvent, organization: JSONText, agent: JSONText?,
    at time: EventTime
  ) {
    let groups = plan.byEvent[event.type.ordinal]
    guard !groups.isEmpty, Pane.times.contains(time.rawValue) else { return }
    let event = OutsideEvent(event)
    key.removeAll(keepingCapacity: true)
    key.append(0)
    key.append(0)
    organization.append(to: &key)
    close(fieldFrom: 0)
    let prefix = key.count
    scratch.removeAll(keepingCapacity: true)
    if let agent { agent.append(to: &scratch) }
    for group in groups {
      key.removeLast(key.count - prefix)
      add(event, group, at: time)
    }
  }

  /// Adds what a processor has to count that is no input event; fields go by their names.
  public mutating func add(
    internal event: InternalEvent, organization: String, agent: String? = nil,
    _ fields: KeyValuePairs<String, InternalValue?> = [:], at time: EventTime
  ) {
    let number = EventType.allCases.count + (InternalEvent.allCases.firstIndex(of: event) ?? 0)
    let groups = plan.byEvent[number]
    guard !groups.isEmpty, Pane.times.contains(time.rawValue) else { return }
    let names = event.fields
    var values = [InternalValue?](repeating: nil, count: names.count)
    for (name, value) in fields {
      guard let place = names.firstIndex(of: name) else {
        preconditionFailure("\(event) has no field \(name)")
      }
      values[place] = value
    }
    let inside = InsideEvent(values: values)
    key = [0, 0] + organization.utf8
    close(fieldFrom: 0)
    let prefix = key.count
    scratch = Array((agent ?? "").utf8)
    for group in groups {
      key.removeLast(key.count - prefix)
      add(inside, group, at: time)
    }
  }
}

// MARK: - Counting

extension PaneAggregator {
  /// A field of the key begins with two bytes for its length, which are known when it ends.
  @inline(__always)
  private mutating func close(fieldFrom start: Int) {
    if key.count - start - 2 > Self.labelBytesMax {
      key.removeLast(key.count - start - 2 - Self.labelBytesMax)
    }
    let count = key.count - start - 2
    key[start] = UInt8(truncatingIfNeeded: count)
    key[start + 1] = UInt8(truncatingIfNeeded: count >> 8)
  }

  /// `key` holds the organization, `scratch` the agent.
  @inline(__always)
  private mutating func add<Event: PaneEvent & ~Escapable>(
    _ event: Event, _ number: Int, at time: EventTime
  ) {
    let length = plan.groups[number].length_ms
    key.append(littleEndian: UInt16(truncatingIfNeeded: number))
    key.append(littleEndian: MetricDeclarations.paneStart(of: time.rawValue, length_ms: length))
    guard let list = plan.groups[number].list else { return count(event, number, element: 0, at: time) }
    let prefix = key.count
    for element in 0..<event.count(list) {
      key.removeLast(key.count - prefix)
      count(event, number, element: element, at: time)
    }
  }

  @inline(__always)
  private mutating func count<Event: PaneEvent & ~Escapable>(
    _ event: Event, _ number: Int, element: Int, at time: EventTime
  ) {
    var wanted: UInt64 = 0
    let members = plan.groups[number].members.count
    for index in 0..<min(members, 64) where holds(event, plan.groups[number].members[index].conditions) {
      wanted |= 1 << UInt64(index)
    }
    guard wanted != 0 else { return }
    for index in plan.groups[number].texts.indices {
      let start = key.count
      key.append(0)
      key.append(0)
      append(event, plan.groups[number].texts[index], element)
      close(fieldFrom: start)
    }
    let first = table.find(key, cellCount: members)
    for index in 0..<min(members, 64) where wanted & (1 << UInt64(index)) != 0 {
      add(event, plan.groups[number].members[index], to: first + index, element, at: time)
    }
  }

  @inline(__always)
  private func holds<Event: PaneEvent & ~Escapable>(
    _ event: Event, _ conditions: [MetricSource.Condition]
  ) -> Bool {
    for condition in conditions where !holds(event, condition) { return false }
    return true
  }

  private func holds<Event: PaneEvent & ~Escapable>(
    _ event: Event, _ condition: MetricSource.Condition
  ) -> Bool {
    let field = condition.field
    func compare(_ test: (Double) -> Bool) -> Bool { event.number(field).map(test) ?? false }
    switch condition.test {
    case .isPresent: return event.isPresent(field)
    case .less(let bound): return compare { $0 < bound }
    case .atMost(let bound): return compare { $0 <= bound }
    case .greater(let bound): return compare { $0 > bound }
    case .atLeast(let bound): return compare { $0 >= bound }
    case .equals(let value):
      if let choice = event.choice(field) { return Double(choice) == value }
      return compare { $0 == value }
    case .differs(let value):
      if let choice = event.choice(field) { return Double(choice) != value }
      return compare { $0 != value }
    case .isText(let text): return textEquals(event, field, text)
    case .isNotText(let text): return event.isPresent(field) && !textEquals(event, field, text)
    }
  }

  private func textEquals<Event: PaneEvent & ~Escapable>(
    _ event: Event, _ field: Int, _ text: String
  ) -> Bool {
    var found: [UInt8] = []
    return event.append(field, to: &found) && found.elementsEqual(text.utf8)
  }

  /// Appends to the key.
  @inline(__always)
  private mutating func append<Event: PaneEvent & ~Escapable>(
    _ event: Event, _ text: PanePlan.TextPlan, _ element: Int
  ) {
    switch text {
    case .agent: key += scratch
    case .constant(let constant): key += constant
    case .field(let field, let names):
      if let choice = event.choice(field) {
        if choice < names.count { key += names[choice] }
      } else {
        _ = event.append(field, to: &key)
      }
    case .member(let field, let name): _ = event.append(field, member: name, to: &key)
    case .element(let field): _ = event.append(field, element: element, to: &key)
    case .band(let field, let bands, let names):
      guard let number = event.number(field) else { return }
      key += names[bands.firstIndex { number > $0.above } ?? bands.count]
    }
  }

  @inline(__always)
  private func number<Event: PaneEvent & ~Escapable>(
    _ event: Event, _ value: MetricSource.ValueExpression
  ) -> Double? {
    switch value {
    case .constant(let constant): constant
    case .field(let field, let factor): event.number(field).map { $0 * factor }
    }
  }

  @inline(__always)
  private mutating func add<Event: PaneEvent & ~Escapable>(
    _ event: Event, _ member: PanePlan.Member, to cell: Int, _ element: Int, at time: EventTime
  ) {
    switch member.kind {
    case .distinct, .state: return addText(event, member, to: cell, element, at: time)
    case .sum, .last, .mean, .histogram: break
    }
    guard let value = number(event, member.value) else { return }
    switch member.kind {
    case .sum: table.cells[cell].sum += value
    case .last:
      guard time.rawValue >= table.cells[cell].time else { return }
      table.cells[cell].sum = value
      table.cells[cell].time = time.rawValue
    case .mean:
      guard let weight = number(event, member.weight) else { return }
      table.cells[cell].sum += value
      table.cells[cell].weight += weight
    case .histogram: addHistogram(value, member.bounds, to: cell)
    case .distinct, .state: break
    }
    table.cells[cell].isTouched = true
  }

  private mutating func addHistogram(_ value: Double, _ bounds: [Double], to cell: Int) {
    if table.cells[cell].extra < 0 {
      table.cells[cell].extra = Int32(truncatingIfNeeded: histograms.count)
      histograms.append((Array(repeating: 0, count: bounds.count + 1), 0, QuantileSketch()))
    }
    let place = Int(table.cells[cell].extra)
    var bound = 0
    while bound < bounds.count, value > bounds[bound] { bound += 1 }
    histograms[place].counts[bound] &+= 1
    histograms[place].sum += value
    histograms[place].sketch.add(value)
  }

  private mutating func addText<Event: PaneEvent & ~Escapable>(
    _ event: Event, _ member: PanePlan.Member, to cell: Int, _ element: Int, at time: EventTime
  ) {
    guard let text = member.text else { return }
    // Made behind the key, which is not needed any more but for its length.
    let start = key.count
    append(event, text, element)
    defer { key.removeLast(key.count - start) }
    guard key.count > start else { return }
    if member.kind == .distinct {
      if table.cells[cell].extra < 0 {
        table.cells[cell].extra = Int32(truncatingIfNeeded: distincts.count)
        distincts.append(DistinctSketch())
      }
      let hash = unsafe XXH64.hash(key.span.bytes.extracting(droppingFirst: start))
      distincts[Int(table.cells[cell].extra)].add(hash: hash)
    } else {
      guard time.rawValue >= table.cells[cell].time else { return }
      table.cells[cell].time = time.rawValue
      if table.cells[cell].extra < 0 {
        table.cells[cell].extra = Int32(truncatingIfNeeded: states.count)
        states.append([])
      }
      states[Int(table.cells[cell].extra)] = Array(key[start...].prefix(Self.labelBytesMax))
    }
    table.cells[cell].isTouched = true
  }
}

// MARK: - Taking out

extension PaneAggregator {
  /// Hands over one partial per organization and pane, in the order in which they were first met, and begins
  /// anew.
  public mutating func take(processor: String, task: Int32) -> [PanePartial] {
    guard !isEmpty else { return [] }
    let source = PaneSource(processor: processor, task: task)
    var partials: [PanePartial] = []
    var places: [PartialKey: Int] = [:]
    var texts: [Range<Int>] = []
    for entry in table.entries {
      var reader = KeyReader(table.bytes, entry.start..<entry.start + entry.byteCount)
      let organization = reader.text()
      let group = plan.groups[reader.group()]
      let pane = Pane(start: reader.start(), length_ms: group.length_ms)
      for index in group.texts.indices {
        if index == texts.count { texts.append(0..<0) }
        texts[index] = reader.field()
      }
      let labels = Labels(inOrder: group.names) { table.bytes[texts[$0]] }
      let key = PartialKey(organization: organization, pane: pane)
      let place = places[key] ?? partials.count
      if place == partials.count {
        places[key] = place
        partials.append(PanePartial(organization: organization, source: source, pane: pane))
      }
      for (index, member) in group.members.enumerated() {
        let cell = table.cells[entry.firstCell + index]
        guard cell.isTouched else { continue }
        partials[place].entries.append(
          .init(
            metric: plan.metrics[member.metric], labels: labels,
            value: value(cell, member, group.texts.isEmpty ? 0..<0 : texts[group.texts.count - 1])))
      }
    }
    table.removeAll()
    histograms.removeAll(keepingCapacity: true)
    distincts.removeAll(keepingCapacity: true)
    states.removeAll(keepingCapacity: true)
    return partials.filter { !$0.entries.isEmpty }
  }

  private struct PartialKey: Hashable {
    var organization: String
    var pane: Pane
  }

  private func value(
    _ cell: PaneTable.Cell, _ member: PanePlan.Member, _ lastText: Range<Int>
  ) -> PaneValue {
    let time = EventTime(milliseconds: cell.time)
    switch member.kind {
    case .sum: return .sum(Self.finite(cell.sum))
    case .last: return .last(Self.finite(cell.sum), at: time)
    case .mean: return .mean(sum: Self.finite(cell.sum), weight: Self.finite(cell.weight))
    case .histogram:
      let histogram = histograms[Int(cell.extra)]
      return .histogram(counts: histogram.counts, sum: Self.finite(histogram.sum), sketch: histogram.sketch)
    case .distinct: return .distinct(distincts[Int(cell.extra)])
    case .state:
      let state = String(decoding: states[Int(cell.extra)], as: UTF8.self)
      return .state(state, member: String(decoding: table.bytes[lastText], as: UTF8.self), at: time)
    }
  }

  /// Events' numbers are bounded, their sums in an epoch are not quite.
  private static func finite(_ value: Double) -> Double {
    value.isFinite ? value : value < 0 ? -.greatestFiniteMagnitude : .greatestFiniteMagnitude
  }
}

/// Takes a key apart again.
private struct KeyReader {
  private let bytes: [UInt8]
  private var range: Range<Int>

  init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    self.range = range
  }

  mutating func field() -> Range<Int> {
    let start = range.lowerBound + 2
    let count = Int(bytes[start - 2]) | Int(bytes[start - 1]) << 8
    range = start + count..<range.upperBound
    return start..<start + count
  }

  mutating func text() -> String { String(decoding: bytes[field()], as: UTF8.self) }

  mutating func group() -> Int { Int(integer(2)) }
  mutating func start() -> Int64 { Int64(bitPattern: integer(8)) }

  private mutating func integer(_ width: Int) -> UInt64 {
    let start = range.lowerBound
    range = start + width..<range.upperBound
    return (0..<width).reduce(0) { $0 | UInt64(bytes[start + $1]) << UInt64($1 * 8) }
  }
}
