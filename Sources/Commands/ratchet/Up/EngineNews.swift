// What is worth a line in the log: tasks and workers that change their state, trouble that begins or ends.
import Basics
import Runtime

/// Compares each snapshot of the workers with the one before.
struct EngineNews {
  private var tasks: [TaskID: Kind] = [:]
  private var troubles: [Int: String] = [:]
  private var ended: Set<Int> = []

  /// A state without its numbers, so that progress alone is no news.
  private enum Kind: Equatable {
    case restoring, rebalancing, running, fenced
    case stalled(String)

    init(_ state: TaskStatus.State) {
      switch state {
      case .restoring: self = .restoring
      case .rebalancing: self = .rebalancing
      case .running: self = .running
      case .stalled(let reason): self = .stalled(reason)
      case .fenced: self = .fenced
      }
    }
  }

  /// A worker has ended without having been told to.
  var hasEndedWorker: Bool { !ended.isEmpty }

  mutating func lines(_ workers: [WorkerStatus]) -> [Logger.Entry] {
    var lines: [Logger.Entry] = []
    let owned = Set(workers.flatMap { $0.tasks.map(\.task) })
    for id in tasks.keys.sorted() where !owned.contains(id) {
      tasks[id] = nil
      lines.append(.init(.info, "task_gone", "\(id) is another instance's now"))
    }
    for worker in workers {
      for task in worker.tasks { lines += line(task).map { [$0] } ?? [] }
      lines += line(worker).map { [$0] } ?? []
    }
    return lines
  }

  private mutating func line(_ task: TaskStatus) -> Logger.Entry? {
    let kind = Kind(task.state)
    guard tasks.updateValue(kind, forKey: task.task) != kind else { return nil }
    switch kind {
    case .stalled(let reason):
      return Logger.Entry(
        .error, "task_stalled", "\(task.task) waits for a person; see ratchet tasks list", error: reason)
    case .running:
      let place = task.epoch.map { "behind epoch \($0)" } ?? "from its inputs' beginning"
      return Logger.Entry(.info, "task_running", "\(task.task) is running, \(place)")
    case .restoring:
      let reason = task.restoreReason.map { ": \($0)" } ?? ""
      return Logger.Entry(.info, "task_restoring", "\(task.task) is being restored\(reason)")
    case .fenced: return Logger.Entry(.info, "task_fenced", "\(task.task) runs under this instance elsewhere")
    case .rebalancing: return nil
    }
  }

  private mutating func line(_ worker: WorkerStatus) -> Logger.Entry? {
    switch worker.state {
    case .fenced(let reason):
      guard ended.insert(worker.worker).inserted else { return nil }
      return Logger.Entry(
        .error, "worker_fenced",
        "worker \(worker.worker) ends: another process runs with this data folder's instance id",
        error: reason)
    case .failed(let reason):
      guard ended.insert(worker.worker).inserted else { return nil }
      return Logger.Entry(.error, "worker_failed", "worker \(worker.worker) cannot begin", error: reason)
    case .running, .stopping, .stopped: break
    }
    guard troubles.updateValue(worker.trouble ?? "", forKey: worker.worker) ?? "" != worker.trouble ?? ""
    else {
      return nil
    }
    guard let trouble = worker.trouble else {
      return Logger.Entry(.info, "trouble_over", "worker \(worker.worker) goes on")
    }
    return Logger.Entry(.warning, "trouble", "worker \(worker.worker) tries again", error: trouble)
  }
}
