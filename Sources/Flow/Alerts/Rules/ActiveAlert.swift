// An alert that is pending or firing: what a rule remembers of it from one instant to the next.
public import Basics
public import Metrics

public struct ActiveAlert: Hashable, Sendable {
  /// What tells it from other alerts: the element's labels, the rule's and `alertname`.
  public var labels: Labels
  /// The labels of the expression's element, without the name: by them its series are looked for when it
  /// ends.
  public var elementLabels: Labels
  public var annotations: [Label]
  /// pending or firing.
  public var state: AlertState
  public var activeSince: EventTime
  public var firingSince: EventTime?
  /// The first instant at which the condition did not hold any more, while it goes on firing.
  public var endingSince: EventTime?
  public var value: Double
}

extension ActiveAlert: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(countedLabels: labels)
    bytes.append(countedLabels: elementLabels)
    bytes.append(littleEndian: UInt32(annotations.count))
    for annotation in annotations {
      bytes.append(countedText: annotation.name)
      bytes.append(countedText: annotation.value)
    }
    bytes.append(state == .firing ? 1 : 0)
    for time in [activeSince, firingSince ?? .never, endingSince ?? .never] {
      bytes.append(littleEndian: time.rawValue)
    }
    bytes.append(littleEndian: value.bitPattern)
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let alert = reader.activeAlert(), reader.isAtEnd else { return nil }
    self = alert
  }
}

extension EventTime {
  fileprivate static let never = EventTime(milliseconds: .min)
}

extension ByteReader {
  fileprivate mutating func activeAlert() -> ActiveAlert? {
    guard let labels = self.labels(), let elementLabels = self.labels(), let count = integer(UInt32.self)
    else {
      return nil
    }
    var annotations: [Label] = []
    for _ in 0..<count {
      guard let name = text(), let value = text() else { return nil }
      annotations.append(Label(name, value))
    }
    guard let state = integer(UInt8.self), state < 2, let since = time(), let firing = time(),
      let ending = time(),
      let value = integer(UInt64.self)
    else { return nil }
    return ActiveAlert(
      labels: labels, elementLabels: elementLabels, annotations: annotations,
      state: state == 1 ? .firing : .pending,
      activeSince: since, firingSince: firing == .never ? nil : firing,
      endingSince: ending == .never ? nil : ending,
      value: Double(bitPattern: value))
  }

  mutating func labels() -> Labels? {
    guard let field = field() else { return nil }
    return Labels(stored: field)
  }

  private mutating func time() -> EventTime? { integer(Int64.self).map { EventTime(milliseconds: $0) } }
}

extension [UInt8] {
  mutating func append(countedLabels labels: Labels) {
    var bytes: [UInt8] = []
    labels.store(into: &bytes)
    unsafe append(countedField: bytes.span.bytes)
  }
}

// MARK: - JSON

extension ActiveAlert {
  /// What the projection `alert-states` says of it, without braces.
  public func appendFields(to bytes: inout [UInt8]) {
    bytes.append(contentsOf: "\"state\":\"\(state.rawValue)\",\"labels\":".utf8)
    bytes.appendJSON(labels.all)
    bytes.append(contentsOf: ",\"annotations\":".utf8)
    bytes.appendJSON(annotations)
    bytes.append(contentsOf: ",\"value\":".utf8)
    bytes.appendJSON(sampleValue: value)
    bytes.append(contentsOf: ",\"active_since\":\"\(activeSince)\",\"firing_since\":".utf8)
    bytes.append(contentsOf: (firingSince.map { "\"\($0)\"" } ?? "null").utf8)
  }
}
