// ListOffsets by time: the first record stamped at or after a moment.
public import Basics
import BrokerProtocol

extension LogStore {
  /// The time of the first batch in the segment that begins at `base`: about how old its oldest record is.
  func firstTimestamp(of id: LogID, segment base: Offset) throws(StoreError) -> Timestamp? {
    guard let segment = logs[id]?.segments.first(where: { $0.name.base == base }) else { return nil }
    if segment.firstTimestamp == nil {
      var walk = try walk(segment, from: 0)
      segment.firstTimestamp = try walk.next()?.header.maxTimestamp
    }
    return segment.firstTimestamp
  }

  /// The first record below `below` whose timestamp is at least `timestamp`. In a batch whose codec cannot be
  /// opened here the batch's first offset is given, so that no record is missed.
  public func firstOffset(
    _ id: LogID, at timestamp: Timestamp, below: Offset
  ) throws(StoreError) -> (offset: Offset, timestamp: Timestamp)? {
    guard let log = logs[id] else { return nil }
    let below = min(below, log.readableEnd)
    for segment in log.segments where segment.maxTimestamp >= timestamp {
      guard segment.name.base < below else { return nil }
      if let found = try firstOffset(in: segment, at: timestamp, from: log.start, below: below) {
        return found
      }
    }
    return nil
  }

  private func firstOffset(
    in segment: Segment, at timestamp: Timestamp, from: Offset, below: Offset
  ) throws(StoreError) -> (offset: Offset, timestamp: Timestamp)? {
    try loadIndex(of: segment)
    let entry = segment.index.entry(before: timestamp)
    var walk = try walk(segment, from: Int(entry?.position ?? 0))
    guard var codec = try? BatchCodec() else { return nil }
    while let placed = try walk.next(), placed.header.baseOffset < below {
      guard placed.header.maxTimestamp >= timestamp, placed.header.lastOffset >= from else { continue }
      if let found = try walk.batch(placed).firstRecord(at: timestamp, from: from, by: &codec) {
        return found
      }
    }
    return nil
  }
}

extension RecordBatch {
  fileprivate func firstRecord(
    at timestamp: Timestamp, from: Offset, by codec: inout BatchCodec
  ) -> (offset: Offset, timestamp: Timestamp)? {
    let whole = (max(from, header.baseOffset), header.maxTimestamp)
    if header.attributes.hasLogAppendTime { return whole }
    guard let payload = codec.open(self) else { return whole }
    var reader = RecordReader(payload)
    while let record = try? reader.next() {
      let time = Timestamp(milliseconds: header.baseTimestamp.rawValue &+ record.timestampDelta_ms)
      let offset = header.baseOffset + record.offsetDelta
      if time >= timestamp, offset >= from { return (offset, time) }
    }
    return nil
  }
}
