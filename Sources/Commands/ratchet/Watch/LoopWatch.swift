// What `ratchet up --watch` prints: news as it comes, and how the loop stands when it has changed. News of
// long ago, as of a history that is folded at full speed, is counted instead.
import Basics
import Events
import Kafka
import Runtime

/// Follows the topics without waiting for them.
final class LoopWatch {
  private let follower: TopicFollower
  private(set) var state = LoopState()
  private var shown = ""
  private var lastShown = ContinuousClock.now - LoopWatch.interval
  private var earlier = 0

  /// A summary that changes faster than this cannot be read.
  private static let interval = Duration.seconds(5)
  /// More of them at once are not read.
  private static let newsMax = 6
  /// News older than this is history.
  private static let newsAgeMax = Duration.seconds(900)

  init(_ client: ClientConfiguration, prefix: String) throws(Diagnostic) {
    follower = try TopicFollower(LoopState.topics, prefix: prefix, client)
  }

  /// What is to be printed now; empty when there is nothing new.
  func next(_ workers: [WorkerStatus]) throws(KafkaError) -> String {
    let now = systemTime()
    var lines: [String] = []
    try follower.turn { record in
      guard let news = state.take(record) else { return }
      let time = record.leaves?.happened ?? record.timestamp
      if now - time > Self.newsAgeMax { earlier += 1 } else { lines.append("\(time)  \(news)") }
    }
    if lines.count > Self.newsMax {
      let more = lines.count - Self.newsMax
      lines = ["  ... \(more) more"] + lines.suffix(Self.newsMax)
    }
    guard ContinuousClock.now - lastShown >= Self.interval else { return text(lines) }
    // The time alone is no change.
    let summary = state.summary(TaskTotals(workers), at: now)
    let content = String(state.summary(TaskTotals(), at: .zero))
    guard content != shown || !lines.isEmpty else { return text(lines) }
    (shown, lastShown) = (content, .now)
    if earlier > 0 {
      lines.append("  ... and \(earlier) earlier, from the history")
      earlier = 0
    }
    return text(lines + ["", summary])
  }

  private func text(_ lines: [String]) -> String { lines.joined(separator: "\n") }
}

extension TaskTotals {
  init(_ workers: [WorkerStatus]) {
    let tasks = workers.flatMap(\.tasks)
    all = tasks.count
    running = tasks.count { $0.state == .running }
    epochs = tasks.reduce(0) { $0 + ($1.epoch.map { Int64($0.rawValue) + 1 } ?? 0) }
    lag = tasks.reduce(0) { $0 + Int64($1.lagRecords ?? 0) }
  }
}

extension JSONLeaves {
  /// When what a record tells has happened by its own account.
  fileprivate var happened: Timestamp? {
    guard let text = first(of: "decided_at", "at", "created_at") else { return nil }
    let bytes = Array(text.utf8)
    return unsafe EventTime(rfc3339: bytes.span.bytes).map { Timestamp(milliseconds: $0.rawValue) }
  }
}
