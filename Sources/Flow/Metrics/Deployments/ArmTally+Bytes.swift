// A tally's bytes: each part that holds something behind a bit that says so, because most panes hold little.
public import Basics

extension ArmTally: Storable {
  public func store(into bytes: inout [UInt8]) {
    let shares = [errors, incompletions, downtime, learningFailures]
    let moments = [latencyMoments_ms, satisfaction, accuracy, memory_bytes]
    var present: UInt16 = 0
    for (bit, share) in shares.enumerated() where share != Share() { present |= 1 << UInt16(bit) }
    for (bit, value) in moments.enumerated() where value != Moments() { present |= 1 << UInt16(bit + 4) }
    if !latency_ms.isEmpty { present |= 1 << 8 }
    bytes.append(littleEndian: present)
    for share in shares where share != Share() {
      bytes.append(variableLength: share.total)
      bytes.append(variableLength: share.hits)
    }
    for value in moments where value != Moments() { value.store(into: &bytes) }
    if !latency_ms.isEmpty {
      var sketch: [UInt8] = []
      latency_ms.store(into: &sketch)
      bytes.append(countedField: unsafe sketch.span.bytes)
    }
    bytes.append(variableLength: UInt64(evidence.count))
    for range in evidence {
      bytes.append(countedText: range.place.topic)
      bytes.append(littleEndian: range.place.partition.rawValue)
      bytes.append(littleEndian: range.first.rawValue)
      bytes.append(littleEndian: range.last.rawValue)
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let tally = ArmTally(from: &reader), reader.isAtEnd else { return nil }
    self = tally
  }

  /// Takes a tally off the front of longer bytes.
  public init?(from reader: inout ByteReader) {
    self.init()
    guard let present = reader.integer(UInt16.self), present < 1 << 9 else { return nil }
    for (bit, share) in [\ArmTally.errors, \.incompletions, \.downtime, \.learningFailures].enumerated()
    where present >> UInt16(bit) & 1 == 1 {
      guard let total = reader.variableLength(), let hits = reader.variableLength(), hits <= total else {
        return nil
      }
      self[keyPath: share] = Share(total: total, hits: hits)
    }
    for (bit, moments) in [\ArmTally.latencyMoments_ms, \.satisfaction, \.accuracy, \.memory_bytes]
      .enumerated()
    where present >> UInt16(bit + 4) & 1 == 1 {
      guard let value = Moments(from: &reader) else { return nil }
      self[keyPath: moments] = value
    }
    if present >> 8 & 1 == 1 {
      guard let field = reader.field(), let sketch = QuantileSketch(stored: field) else { return nil }
      latency_ms = sketch
    }
    guard let count = reader.variableLength() else { return nil }
    for _ in 0..<count {
      guard let topic = reader.text(), let partition = reader.integer(Int32.self),
        let first = reader.integer(Int64.self), let last = reader.integer(Int64.self)
      else { return nil }
      note(
        OffsetRange(
          place: TopicPartition(topic: topic, partition: PartitionID(partition)), first: Offset(first),
          last: Offset(last)))
    }
  }
}
