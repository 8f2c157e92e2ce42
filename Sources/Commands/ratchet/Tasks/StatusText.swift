// An instance's tasks as people and programs read them: pure text from a snapshot of its workers.
import Basics
import Runtime

/// One line per task, in order, below headings; and a line for each worker that is in trouble.
func statusTable(_ workers: [WorkerStatus], at now: Timestamp) -> String {
  let tasks = workers.flatMap(\.tasks).sorted { $0.task < $1.task }
  var rows = [["task", "state", "epoch", "lag", "behind by", "last commit"]]
  rows += tasks.map { task in
    [
      task.task.description, task.stateName, task.epoch?.description ?? "-",
      task.lagRecords.map { "\($0)" } ?? "-", task.lagTime.map(age) ?? "-",
      task.lastCommit.map { "\(age(now - $0)) ago" } ?? "-",
    ]
  }
  var lines = tasks.isEmpty ? ["no tasks: other instances have them all, or the group is still forming"] : []
  if !tasks.isEmpty { lines += columns(rows) }
  for task in tasks { if let detail = task.detail { lines.append("\(task.task): \(detail)") } }
  for worker in workers { if let line = worker.detail { lines.append("worker \(worker.worker): \(line)") } }
  return lines.joined(separator: "\n")
}

/// One object: `workers`, each with its `tasks`.
func statusJSON(_ workers: [WorkerStatus]) -> String {
  var json: [UInt8] = []
  json.append(contentsOf: "{\"workers\":[".utf8)
  for (index, worker) in workers.enumerated() {
    if index > 0 { json.append(UInt8(ascii: ",")) }
    json.append(contentsOf: "{\"worker\":\(worker.worker),\"state\":".utf8)
    json.appendJSON(worker.state.name)
    json.appendMember("detail", worker.detail)
    json.append(contentsOf: ",\"tasks\":[".utf8)
    for (index, task) in worker.tasks.enumerated() {
      if index > 0 { json.append(UInt8(ascii: ",")) }
      json.append(task)
    }
    json.append(contentsOf: "]}".utf8)
  }
  json.append(contentsOf: "]}".utf8)
  return String(decoding: json, as: UTF8.self)
}

/// Rows as columns two spaces apart; the first `words` are flush left, the rest are numbers and flush right.
func columns(_ rows: [[String]], words: Int = 2) -> [String] {
  let count = rows.map(\.count).max() ?? 0
  let widths = (0..<count).map { column in
    rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
  }
  return rows.map { row in
    let cells = row.enumerated().map { column, text in
      let space = String(repeating: " ", count: widths[column] - text.count)
      return column < words ? text + space : space + text
    }
    return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
  }
}

/// `0.4 s`, `12 s`, `3 min`, `2 h`: as exact as it matters.
func age(_ duration: Duration) -> String {
  let milliseconds = max(0, duration.milliseconds)
  switch milliseconds {
  case ..<10_000: return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
  case ..<120_000: return "\(milliseconds / 1000) s"
  case ..<7_200_000: return "\(milliseconds / 60_000) min"
  default: return "\(milliseconds / 3_600_000) h"
  }
}

extension TaskStatus.State {
  var name: String {
    switch self {
    case .restoring: "restoring"
    case .rebalancing: "rebalancing"
    case .running: "running"
    case .stalled: "stalled"
    case .fenced: "fenced"
    }
  }

}

extension TaskStatus {
  /// A running task that waits says so.
  fileprivate var stateName: String {
    state == .running && waitsFor != nil ? "waiting" : state.name
  }

  fileprivate var detail: String? {
    switch state {
    case .restoring(let records, let perSecond):
      "\(records) changelog records so far, \(Int64(perSecond)) a second"
        + (restoreLeft.map { ", \($0) left at most" } ?? "") + (restoreReason.map { "; \($0)" } ?? "")
    case .stalled(let reason): reason
    case .running: waitsFor.map { "waits for \($0)" }
    case .rebalancing, .fenced: nil
    }
  }
}

extension WorkerStatus.State {
  fileprivate var name: String {
    switch self {
    case .running: "running"
    case .stopping: "stopping"
    case .stopped: "stopped"
    case .fenced: "fenced"
    case .failed: "failed"
    }
  }
}

extension WorkerStatus {
  fileprivate var detail: String? {
    switch state {
    case .fenced(let reason), .failed(let reason): reason
    case .running, .stopping, .stopped: trouble
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ task: TaskStatus) {
    append(contentsOf: "{\"task\":".utf8)
    appendJSON(task.task.description)
    appendMember("processor", task.task.processor)
    append(contentsOf: ",\"partition\":\(task.task.partition)".utf8)
    appendMember("state", task.stateName)
    appendMember("detail", task.detail)
    append(contentsOf: ",\"epoch\":\(task.epoch?.description ?? "null")".utf8)
    appendMember("last_commit", task.lastCommit?.description)
    appendMember("watermark", task.watermark.map { Timestamp(milliseconds: $0.rawValue).description })
    append(contentsOf: ",\"lag_records\":\(task.lagRecords.map(String.init) ?? "null")".utf8)
    append(contentsOf: ",\"lag_ms\":\(task.lagTime.map { "\($0.milliseconds)" } ?? "null")}".utf8)
  }

  /// `,"name":"text"`, or null.
  fileprivate mutating func appendMember(_ name: String, _ text: String?) {
    append(contentsOf: ",\"\(name)\":".utf8)
    if let text { appendJSON(text) } else { append(contentsOf: "null".utf8) }
  }
}
