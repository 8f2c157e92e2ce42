// What the next epoch reads and where its time ends: a pure decision from what has been gathered. Recorded
// time never passes a record that is there and has not been read, so a backlog is folded as it would have
// been folded live, at whatever speed.
internal import Basics

/// A record's place is the greatest timestamp of its partition up to itself, capped by the wall clock: the
/// key of the merge order, so a clock that was set back moves nothing in front of what came before it.
struct EpochPlan: Equatable {
  /// How many of each input's unread records it takes.
  var counts: [Int]
  /// Recorded time at its end.
  var end: Timestamp
  /// The watermark there; where it would go back, it stays.
  var watermark: EventTime

  /// How far records from outside may run ahead of the least announced time of upstream tasks: what an idle
  /// task takes to announce.
  static let leadMax = Duration.seconds(5)

  /// How far an epoch may read now.
  struct Limit {
    /// Records from outside with a place beyond it stay unread.
    fileprivate let place: Timestamp
    fileprivate let wallClock: Timestamp
    fileprivate let upstream: UpstreamClocks

    /// nil while the next record of an input from outside is not known: it may be older than all others.
    init?(_ inputs: [InputCursor], _ upstream: UpstreamClocks, wallClock: Timestamp) {
      var place = upstream.head.map { $0 + leadMax } ?? Timestamp(milliseconds: .max)
      for input in inputs where input.kind == .outside && input.end == nil {
        // The last record gathered stays unread and stands for all behind it.
        if input.unread.isEmpty { return nil }
        place = min(place, min(input.lastPlace, wallClock))
      }
      (self.place, self.wallClock, self.upstream) = (place, wallClock, upstream)
    }

    /// Whether anything of `input` may be read.
    func allows(_ input: InputCursor) -> Bool {
      guard let first = input.unread.first else { return false }
      guard input.kind == .outside else { return true }
      let isOnlyHead = input.end == nil && input.unread.count == 1
      return !isOnlyHead && min(input.batch.entries[first].timestamp, wallClock) <= place
    }

    /// Whether all of `input`, but for the record that stands for those behind it, may be read.
    func allowsAll(_ input: InputCursor) -> Bool {
      input.kind != .outside || min(input.lastPlace, wallClock) <= place
    }

    /// How many of an input's unread records may be read, and the place of the one behind them.
    fileprivate func count(_ input: InputCursor) -> (Int, head: Timestamp?) {
      guard input.kind == .outside else { return (input.unread.count, nil) }
      var reached = Timestamp(milliseconds: .min)
      let allowed = input.end == nil ? input.unread.dropLast() : input.unread
      for index in input.unread {
        reached = max(reached, min(input.batch.entries[index].timestamp, wallClock))
        if reached > place || index == allowed.upperBound {
          return (index - input.unread.lowerBound, reached)
        }
      }
      return (input.unread.count, nil)
    }
  }

  /// `previous` is the recorded time at the end of the epoch before.
  init(_ inputs: [InputCursor], _ limit: Limit, after previous: Timestamp) {
    var end = limit.wallClock
    counts = []
    for input in inputs {
      let (count, head) = limit.count(input)
      counts.append(count)
      if let head { end = min(end, head) }
    }
    if let announced = limit.upstream.head { end = min(end, announced) }
    if previous == .zero {
      let announced = limit.upstream.head.flatMap { $0.rawValue > 0 ? $0 : nil }
      end = max(end, min(limit.wallClock, Self.beginning(inputs), announced ?? limit.wallClock))
    }
    self.end = max(previous, end)
    let outside = RecordedTime.watermark(behind: self.end)
    let upstream = limit.upstream.watermark(at: self.end)
    watermark =
      inputs.contains { $0.kind == .outside } ? min(outside, upstream ?? outside) : upstream ?? outside
  }

  /// Where time begins when nothing is known of it: at the first record, even if upstream tasks have
  /// announced nothing, so that nothing is stamped 1970. An announcement is no such record: one upstream task
  /// may be hours ahead of the next.
  private static func beginning(_ inputs: [InputCursor]) -> Timestamp {
    let first = inputs.filter { $0.kind != .control }.compactMap { input in
      input.unread.lazy.map { input.batch.entries[$0] }
        .first { input.kind != .tasks || $0.key.count >= 0 }?.timestamp
    }
    return first.min() ?? .zero
  }
}
