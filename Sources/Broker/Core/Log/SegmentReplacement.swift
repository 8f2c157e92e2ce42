// What a compaction says in the journal: these segments stand for those. The new files are synced before it
// is said, the old ones stay until a checkpoint no longer names them, so a crash finds either set whole.
public import Basics

public struct SegmentReplacement: Sendable {
  /// Every record below has been seen by a compaction: of each key only the last is left, and no record of a
  /// transaction that was aborted.
  public let cleanedBelow: Offset
  let replaced: [SegmentName]
  let made: [SegmentSummary]

  init(cleanedBelow: Offset, replaced: [SegmentName], made: [SegmentSummary]) {
    self.cleanedBelow = cleanedBelow
    self.replaced = replaced
    self.made = made
  }

  /// The offset after the last it speaks of.
  var end: Offset { max(cleanedBelow, made.last?.end ?? .zero) }

  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(field: cleanedBelow.rawValue)
    bytes.append(field: replaced.first?.log.rawValue ?? 0)
    bytes.append(field: UInt32(replaced.count))
    for name in replaced {
      bytes.append(field: name.base.rawValue)
      bytes.append(field: name.generation)
    }
    bytes.append(field: UInt32(made.count))
    for summary in made { summary.append(to: &bytes) }
    return bytes
  }

  init?(decoding bytes: ByteSlice) {
    var fields = FieldReader(bytes)
    guard let cleanedBelow = fields.next(Int64.self), let log = fields.next(UInt64.self),
      let replacedCount = fields.next(UInt32.self)
    else { return nil }
    var replaced: [SegmentName] = []
    for _ in 0..<replacedCount {
      guard let base = fields.next(Int64.self), let generation = fields.next(UInt32.self) else { return nil }
      replaced.append(SegmentName(log: LogID(log), base: Offset(base), generation: generation))
    }
    guard let madeCount = fields.next(UInt32.self) else { return nil }
    var made: [SegmentSummary] = []
    for _ in 0..<madeCount {
      guard let summary = SegmentSummary(of: LogID(log), decoding: &fields) else { return nil }
      made.append(summary)
    }
    guard cleanedBelow >= 0, made.areSound(upTo: .limit) else { return nil }
    self.init(cleanedBelow: Offset(cleanedBelow), replaced: replaced, made: made)
  }
}
