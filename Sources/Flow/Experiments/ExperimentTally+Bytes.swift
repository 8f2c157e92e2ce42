// An experiment's state as bytes: what its store keeps and its changelog carries.
public import Basics
internal import Events

extension ExperimentTally: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(countedText: organization)
    bytes.append(countedText: id)
    position.store(into: &bytes)
    bytes.append(design == nil ? 0 : 1)
    design?.storeField(into: &bytes)
    life.storeField(into: &bytes)
    bytes.append(variableLength: UInt64(metrics.count))
    for metric in metrics {
      bytes.append(countedText: metric.name)
      bytes.append(UInt8(metric.kind.rawValue))
      for arm in 0..<2 {
        metric.values[arm].storeField(into: &bytes)
        bytes.append(littleEndian: metric.hits[arm])
      }
    }
    for count in [units[0], units[1], crossedUnits, unassignedUnits] { bytes.append(littleEndian: count) }
    bytes.append(variableLength: UInt64(waiting.count))
    for outcome in waiting { outcome.storeField(into: &bytes) }
    bytes.append(decision == nil ? 0 : 1)
    decision?.storeField(into: &bytes)
    bytes.append(littleEndian: analyzedUpTo?.rawValue ?? .min)
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let organization = reader.text(), let id = reader.text(), let position = reader.eventPosition(),
      let hasDesign = reader.integer(UInt8.self)
    else { return nil }
    self.init(organization: organization, id: id, position: position)
    if hasDesign == 1 {
      guard let design = reader.value(ExperimentDesign.self) else { return nil }
      self.design = design
    }
    guard let life = reader.value(ExperimentLife.self), readMetrics(&reader), readCounts(&reader),
      let hasDecision = reader.integer(UInt8.self)
    else { return nil }
    self.life = life
    if hasDecision == 1 {
      guard let decision = reader.value(Decision.self) else { return nil }
      self.decision = decision
    }
    // What was stored without it is analysed from the next event or timer on.
    guard !reader.isAtEnd else { return }
    guard let analyzed = reader.integer(Int64.self), reader.isAtEnd else { return nil }
    analyzedUpTo = analyzed == .min ? nil : EventTime(milliseconds: analyzed)
  }

  private mutating func readMetrics(_ reader: inout ByteReader) -> Bool {
    guard let count = reader.variableLength(), count <= Self.metricsMax else { return false }
    for _ in 0..<count {
      guard let name = reader.text(),
        let kind = reader.integer(UInt8.self).flatMap({ MetricKind(rawValue: Int($0)) })
      else { return false }
      var metric = Metric(name: name, kind: kind)
      for arm in 0..<2 {
        guard let values = reader.value(ValueTally.self), let hits = reader.integer(UInt64.self) else {
          return false
        }
        (metric.values[arm], metric.hits[arm]) = (values, hits)
      }
      metrics.append(metric)
    }
    return true
  }

  private mutating func readCounts(_ reader: inout ByteReader) -> Bool {
    guard let control = reader.integer(UInt64.self), let treatment = reader.integer(UInt64.self),
      let crossed = reader.integer(UInt64.self), let unassigned = reader.integer(UInt64.self),
      let count = reader.variableLength()
    else { return false }
    (units, crossedUnits, unassignedUnits) = ([control, treatment], crossed, unassigned)
    for _ in 0..<count {
      guard let outcome = reader.value(ExperimentOutcome.self) else { return false }
      waiting.append(outcome)
    }
    return true
  }
}

extension ExperimentTally.Decision: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(UInt8(verdict.rawValue))
    bytes.append(countedText: reason)
    bytes.append(littleEndian: (significance ?? .nan).bitPattern)
    bytes.append(littleEndian: at.rawValue)
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let verdict = reader.integer(UInt8.self).flatMap({ ExperimentVerdict(rawValue: Int($0)) }),
      let reason = reader.text(), let bits = reader.integer(UInt64.self), let at = reader.integer(Int64.self),
      reader.isAtEnd
    else { return nil }
    let significance = Double(bitPattern: bits)
    self.init(
      verdict: verdict, reason: reason, significance: significance.isNaN ? nil : significance,
      at: Timestamp(milliseconds: at))
  }
}

extension Storable {
  /// Its bytes behind their count.
  func storeField(into bytes: inout [UInt8]) {
    var inner: [UInt8] = []
    store(into: &inner)
    bytes.append(countedField: unsafe inner.span.bytes)
  }
}

extension ByteReader {
  /// What `storeField` wrote.
  @_lifetime(self: copy self)
  mutating func value<Value: Storable>(_ type: Value.Type) -> Value? {
    guard let field = field() else { return nil }
    return Value(stored: field)
  }
}
