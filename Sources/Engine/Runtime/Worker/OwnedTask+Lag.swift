// How far a task is behind its inputs, and the way out when records were deleted before it read them.
internal import Basics

extension OwnedTask {
  /// Offsets not yet gathered; nil until all inputs' ends are known.
  var lagRecords: Int64? {
    guard !inputs.isEmpty else { return nil }
    var sum: Int64 = 0
    for input in inputs {
      guard let lag = input.lag else { return nil }
      sum += lag
    }
    return sum
  }

  /// How old the newest record gathered is, of the input where that is oldest; zero when no more wait.
  func lagTime(at wallClock: Timestamp) -> Duration? {
    guard let lag = lagRecords else { return nil }
    guard lag > 0 else { return .zero }
    let behind = inputs.filter { $0.lag != 0 }.compactMap(\.lastTimestamp)
    return behind.min().map { max(.zero, wallClock - $0) }
  }

  /// Goes on at the first records that are still there; what was passed over stands in the next epoch's
  /// record.
  func skipDeleted(_ port: any ClientPort) throws(ClientFailure) {
    for index in inputs.indices {
      let earliest = try port.bounds(of: inputs[index].partition).lowerBound
      if earliest > inputs[index].first { inputs[index].skip(to: earliest) }
    }
    beginTakeOver()
  }
}
