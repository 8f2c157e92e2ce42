// A stretch of a series' history: the moments at which its value changed. In between it stands, one sample
// per pane, which nobody stores. A chunk is what a change rewrites on disk, so it is kept short.
public import Basics

/// Changes of a series in rising order of time.
public struct SampleChunk: Hashable, Sendable {
  /// Beyond this many a new chunk begins: about 200 bytes to rewrite for each change.
  public static let changesMax = 16

  public var changes: [Sample]

  public init(changes: [Sample] = []) { self.changes = changes }

  public var isFull: Bool { changes.count >= Self.changesMax }
}

extension SampleChunk: Storable {
  /// The first time whole, each further one as its distance in variable-length milliseconds; values whole.
  public func store(into bytes: inout [UInt8]) {
    var last: Int64?
    for change in changes {
      if let last {
        bytes.append(variableLength: UInt64(bitPattern: change.time.rawValue &- last))
      } else {
        bytes.append(littleEndian: change.time.rawValue)
      }
      last = change.time.rawValue
      bytes.append(double: change.value)
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    changes = []
    while !reader.isAtEnd {
      var time: Int64
      if let last = changes.last {
        guard let step = reader.variableLength(), step > 0, step < 1 << 60 else { return nil }
        time = last.time.rawValue &+ Int64(step)
      } else {
        guard let first = reader.integer(Int64.self) else { return nil }
        time = first
      }
      guard let value = reader.double() else { return nil }
      changes.append(Sample(time: EventTime(milliseconds: time), value: value))
    }
  }
}

extension Series {
  /// What stands between changes, made into samples: one at each change, and one every `step_ms` behind it
  /// until the next; only those with `from < time <= to`. A staleness marker stands alone.
  public static func samples(
    of changes: [Sample], every step_ms: Int64, after from: EventTime, through to: EventTime
  ) -> [Sample] {
    var samples: [Sample] = []
    for (index, change) in changes.enumerated() {
      let start = change.time.rawValue
      if start > to.rawValue { break }
      if change.isStale {
        if start > from.rawValue { samples.append(change) }
        continue
      }
      let next = index + 1 < changes.count ? changes[index + 1].time.rawValue : .max
      // The first sample behind `from`.
      var time = start
      if time <= from.rawValue { time += ((from.rawValue - time) / step_ms + 1) * step_ms }
      while time < next, time <= to.rawValue {
        samples.append(Sample(time: EventTime(milliseconds: time), value: change.value))
        time += step_ms
      }
    }
    return samples
  }
}
