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

  /// How far records from outside may run ahead of the least announced time of upstream tasks: what an idle
  /// task takes to announce.
  static let leadMax = Duration.seconds(5)

  /// How far an epoch may read now.
  struct Limit {
    /// Records from outside with a place beyond it stay unread.
    fileprivate let place: Timestamp
    fileprivate let wallClock: Timestamp
    fileprivate let announced: Timestamp?

    /// `announced` is the least recorded time that upstream tasks have announced, nil without such tasks. nil
    /// while the next record of an input from outside is not known: it may be older than all others.
    init?(_ inputs: [InputCursor], wallClock: Timestamp, announced: Timestamp?) {
      var place = announced.map { $0 + leadMax } ?? Timestamp(milliseconds: .max)
      for input in inputs where input.kind == .outside && input.end == nil {
        // The last record gathered stays unread and stands for all behind it.
        if input.unread.isEmpty { return nil }
        place = min(place, min(input.lastPlace, wallClock))
      }
      (self.place, self.wallClock, self.announced) = (place, wallClock, announced)
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
    if let announced = limit.announced { end = min(end, announced) }
    self.end = max(previous, end)
  }
}
