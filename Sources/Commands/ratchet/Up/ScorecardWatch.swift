// What `ratchet up --watch` prints: the projection of scorecards, read as any client reads it, as a table
// that is printed anew when it has changed.
import Basics
import Events
import Kafka
import Runtime

/// One agent's counts as the projection has them.
struct ScorecardLine: Equatable {
  var events: Int64 = 0
  /// In the projection's order, that of the types' names.
  var types: [(name: String, events: Int64)] = []

  static func == (a: Self, b: Self) -> Bool {
    a.events == b.events && a.types.elementsEqual(b.types) { $0 == $1 }
  }

  /// nil when the bytes are no scorecard.
  init?(json bytes: RawSpan) {
    do throws(JSONFault) {
      var reader = JSONReader(bytes)
      try reader.enterObject()
      while let name = try reader.nextName() {
        switch name.string(in: bytes) {
        case "events": events = try reader.number().whole ?? 0
        case "events_by_type":
          try reader.enterObject()
          while let type = try reader.nextName() {
            types.append((type.string(in: bytes), try reader.number().whole ?? 0))
          }
        default: try reader.skip()
        }
      }
      try reader.finish()
    } catch { return nil }
  }
}

/// Follows the projection without waiting for it.
final class ScorecardWatch {
  private let consumer: Consumer
  private let queues: [PartitionQueue]
  private var batch = ConsumeBatch(capacity: 1000)
  private var lines: [String: ScorecardLine] = [:]
  private var hasChanged = false
  private var lastPrinted = ContinuousClock.now - ScorecardWatch.interval

  /// A table that changes faster than this cannot be read.
  private static let interval = Duration.seconds(2)
  /// The busiest agents are shown, as many as a screen holds beside the log.
  static let agentsMax = 10

  init(_ client: ClientConfiguration, prefix: String, partitions: Int32) throws(KafkaError) {
    consumer = try Consumer(client.setting(["isolation.level": "read_committed"]))
    var queues: [PartitionQueue] = []
    for number in 0..<partitions {
      let partition = TopicPartition(topic: "\(prefix).agent-scorecards", partition: PartitionID(number))
      queues.append(try consumer.start(partition, at: .earliest))
    }
    self.queues = queues
  }

  /// The table, when it is time for it and it has changed.
  func next(_ workers: [WorkerStatus]) throws(KafkaError) -> String? {
    consumer.wait(.zero)
    for queue in queues {
      repeat {
        try queue.read(into: &batch)
        for index in 0..<batch.count { take(batch[index]) }
      } while batch.count == batch.capacity
    }
    guard hasChanged, ContinuousClock.now - lastPrinted >= Self.interval else { return nil }
    (hasChanged, lastPrinted) = (false, .now)
    return scorecardTable(lines, workers, at: systemTime())
  }

  private func take(_ record: borrowing ConsumedRecord) {
    guard let key = record.key else { return }
    let name = unsafe key.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    if let value = record.value, let line = ScorecardLine(json: value) {
      lines[name] = line
    } else {
      lines[name] = nil
    }
    hasChanged = true
  }
}

/// A line about the tasks, headings, and a line for each of the busiest agents.
func scorecardTable(
  _ lines: [String: ScorecardLine], _ workers: [WorkerStatus], at now: Timestamp
) -> String {
  let tasks = workers.flatMap(\.tasks)
  let running = tasks.count { $0.state == .running }
  let epochs = tasks.reduce(0) { $0 + ($1.epoch.map { $0.rawValue + 1 } ?? 0) }
  let lag = tasks.reduce(0) { $0 + ($1.lagRecords ?? 0) }
  let busiest = lines.sorted { ($1.value.events, $0.key) < ($0.value.events, $1.key) }
  let shown = busiest.prefix(ScorecardWatch.agentsMax)
  let types = Set(shown.flatMap { $0.value.types.map(\.name) }).sorted()
  var rows = [["agent", "events"] + types]
  for (agent, line) in shown {
    rows.append(
      [agent, "\(line.events)"]
        + types.map { type in line.types.first { $0.name == type }.map { "\($0.events)" } ?? "-" })
  }
  let total = lines.values.reduce(0) { $0 + $1.events }
  var text = [
    "\(now)  \(total) events of \(lines.count) agents; \(running) of \(tasks.count) tasks running, "
      + "\(epochs) epochs committed, lag \(lag)"
  ]
  text += columns(rows, words: 1).map { "  " + $0 }
  if busiest.count > shown.count { text.append("  ... and \(busiest.count - shown.count) more agents") }
  return text.joined(separator: "\n") + "\n"
}
