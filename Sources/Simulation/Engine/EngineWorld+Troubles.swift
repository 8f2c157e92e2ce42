// Processes that come and go, and what befalls them from outside of their own calls.
internal import Basics
internal import BrokerCore
internal import BrokerProtocol
internal import Runtime

extension EngineWorld {
  /// Starts a process in a worker's place, unless one is there and awake.
  func start(_ slot: Int) {
    guard !processes.values.contains(where: { $0.slot == slot && !$0.isReplaced }) else { return }
    lastProcess += 1
    let process = WorkerProcess(lastProcess, slot: slot, in: self)
    processes[lastProcess] = process
    process.begin()
  }

  func remove(_ process: WorkerProcess) {
    processes[process.id] = nil
    for connection in process.port.connections { broker.hangUp(connection, now) }
    let wait_ms = isStormy ? random.int(in: 5..<2500) : random.int(in: 5..<100)
    if !process.isReplaced { schedule(.start(slot: process.slot), after: .milliseconds(Int64(wait_ms))) }
  }

  /// Something goes wrong, if anything of the kind is meant to in this life.
  func makeTrouble() {
    guard isStormy else { return calmDown() }
    schedule(.trouble, within: .milliseconds(700))
    let alive = processes.values.filter { !$0.isPaused }.sorted { $0.id < $1.id }
    guard !alive.isEmpty else { return }
    let victim = alive[random.int(in: 0..<alive.count)]
    let length: Duration = .milliseconds(Int64(random.int(in: 10..<3500)))
    switch random.int(in: 0..<8) {
    case 0 where has(.crashes): victim.crash()
    case 1 where has(.pauses): victim.pause(for: length)
    case 2 where has(.pauses): victim.pauseThread(for: length)
    case 3 where has(.pauses): victim.pauseMembership(for: length)
    case 4 where has(.doubles):
      victim.pause(for: length)
      victim.isReplaced = true
      schedule(.start(slot: victim.slot), within: length)
    case 5 where has(.brokers): broker.die()
    case 6 where has(.clocks): victim.clockJump(by: .milliseconds(Int64(random.int(in: -20_000..<20_000))))
    case 7 where has(.stops): victim.stop()
    default: break
    }
    broker.mayFail = has(.brokers)
  }

  /// The storm is over: from here on nothing new goes wrong.
  private func calmDown() {
    broker.mayFail = false
    broker.die()
    for process in processes.values.sorted(by: { $0.id < $1.id }) { process.wakeUp() }
  }

  /// Why not all is at rest yet; nil when it is.
  var unrest: String? {
    guard broker.isUp else { return "the broker is down" }
    let running = processes.values.filter { !$0.isReplaced }
    guard running.count == slots else { return "\(running.count) of \(slots) workers live" }
    var tasks: [TaskID: Int] = [:]
    for process in running {
      for task in process.status.tasks {
        guard task.state == .running else { return "\(task.task) is \(task.state): \(process.trouble)" }
        tasks[task.task, default: 0] += 1
      }
    }
    let expected = Workload.processors.count * Int(workload.partitions)
    guard tasks.count == expected, tasks.values.allSatisfy({ $0 == 1 }) else {
      return "\(tasks.count) of \(expected) tasks have one owner"
    }
    return TopicReading(self).unread
  }
}
