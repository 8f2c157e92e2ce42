// What an instance tells of itself as telemetry of the organization `platform`, every 15 s (R9.37): so its
// health has series and rules like everything else, and is seen wherever the brokers are.
import Basics
import Kafka
import Runtime
import Story

/// Measurements from snapshots of the workers; pure.
struct StatusMeasurements {
  /// What has been counted up to the last report.
  private var epochs: [TaskID: Int64] = [:]
  private var troubles: [Int: String] = [:]
  private var stalledSince: [TaskID: Timestamp] = [:]
  private var failures: Int64 = 0

  /// Looks at a snapshot between reports, so that trouble that comes and goes is counted.
  mutating func watch(_ workers: [WorkerStatus], at now: Timestamp) {
    for worker in workers {
      if let trouble = worker.trouble, troubles[worker.worker] != trouble { failures += 1 }
      troubles[worker.worker] = worker.trouble
    }
    for task in workers.flatMap(\.tasks) {
      if case .stalled = task.state {
        if stalledSince[task.task] == nil { stalledSince[task.task] = now }
      } else {
        stalledSince[task.task] = nil
      }
    }
  }

  /// One measurement: its name, its value, whether it adds to a counter, and a label.
  struct Measurement: Equatable {
    var name: String
    var value: Double
    var isCounter = false
    var label: (name: String, value: String)?

    static func == (a: Self, b: Self) -> Bool {
      a.name == b.name && a.value == b.value && a.isCounter == b.isCounter && a.label?.name == b.label?.name
        && a.label?.value == b.label?.value
    }
  }

  /// What is to be told now. `quarantined`: records set aside since the last report, from the instance that
  /// counts them for all.
  mutating func report(_ workers: [WorkerStatus], quarantined: Int64?, at now: Timestamp) -> [Measurement] {
    watch(workers, at: now)
    let tasks = workers.flatMap(\.tasks)
    var found: [Measurement] = []
    for processor in Set(tasks.map(\.task.processor)).sorted() {
      let own = tasks.filter { $0.task.processor == processor }
      let label = (name: "processor", value: processor)
      let lag = own.reduce(Int64(0)) { $0 + ($1.lagRecords ?? 0) }
      let age = own.map { $0.lagTime ?? .zero }.max() ?? .zero
      found.append(Measurement(name: "ratchet_task_lag_records", value: Double(lag), label: label))
      found.append(
        Measurement(name: "ratchet_task_lag_seconds", value: Double(age.milliseconds) / 1000, label: label))
    }
    for state in ["running", "restoring", "rebalancing", "stalled", "fenced"] {
      let count = tasks.count { Self.word($0.state) == state }
      found.append(
        Measurement(name: "ratchet_tasks", value: Double(count), label: (name: "state", value: state)))
    }
    let stalled = stalledSince.values.map { (now - $0).milliseconds }.max() ?? 0
    found.append(Measurement(name: "ratchet_task_stalled_seconds", value: Double(stalled) / 1000))
    var commits: Int64 = 0
    for task in tasks {
      guard let epoch = task.epoch?.rawValue else { continue }
      // The first sight of a task says where it stands, not what this instance did.
      if let last = epochs[task.task] { commits += max(0, Int64(epoch) - last) }
      epochs[task.task] = Int64(epoch)
    }
    found.append(Measurement(name: "ratchet_commits", value: Double(commits), isCounter: true))
    found.append(Measurement(name: "ratchet_commit_failures", value: Double(failures), isCounter: true))
    failures = 0
    if let quarantined {
      found.append(Measurement(name: "ratchet_quarantined", value: Double(quarantined), isCounter: true))
    }
    return found
  }

  private static func word(_ state: TaskStatus.State) -> String {
    switch state {
    case .restoring: "restoring"
    case .rebalancing: "rebalancing"
    case .running: "running"
    case .stalled: "stalled"
    case .fenced: "fenced"
    }
  }
}

/// Publishes the measurements; its trouble is told once and hurts nothing.
final class StatusReport {
  private let publisher: StoryPublisher
  private let quarantine: TopicFollower
  private let instance: String
  private var measurements = StatusMeasurements()
  private var quarantined: Int64 = 0
  private var lastReport = ContinuousClock.now
  private var number = 0

  static let interval = Duration.seconds(15)
  static let job = "ratchet"

  /// `inputs`: the prefix of the topics that others publish to, as this does.
  init(
    _ client: ClientConfiguration, prefix: String, inputs: String, instance: String
  ) throws(Diagnostic) {
    publisher = try StoryPublisher(client, prefix: inputs)
    quarantine = try TopicFollower(["quarantine"], prefix: prefix, from: .latest, client)
    self.instance = instance
  }

  func turn(_ workers: [WorkerStatus]) throws {
    let now = systemTime()
    measurements.watch(workers, at: now)
    // A tombstone takes back what was set aside.
    try quarantine.turn { if $0.value != nil { quarantined += 1 } }
    guard ContinuousClock.now - lastReport >= Self.interval else { return }
    lastReport = .now
    // Every instance sees the whole topic; one of them counts it.
    let counts = workers.flatMap(\.tasks).contains {
      $0.task.processor == "metrics" && $0.task.partition == PartitionID(0) && $0.state == .running
    }
    let report = measurements.report(workers, quarantined: counts ? quarantined : nil, at: now)
    quarantined = 0
    for measurement in report { try publish("measurement.taken", data(measurement), at: now) }
    var heartbeat = Array("{\"job\":\"\(Self.job)\",\"instance\":".utf8)
    heartbeat.appendJSON(instance)
    try publish("heartbeat.sent", String(decoding: heartbeat + [UInt8(ascii: "}")], as: UTF8.self), at: now)
    try publisher.push()
  }

  private func publish(_ type: String, _ data: String, at now: Timestamp) throws(Diagnostic) {
    number += 1
    try publisher.publish(
      StoryEvent(
        topic: "telemetry", type: type, id: "\(instance)-\(now.rawValue)-\(number)", organization: "platform",
        key: "platform", time: now, data: data))
  }

  private func data(_ measurement: StatusMeasurements.Measurement) -> String {
    var json = Array("{\"name\":\"\(measurement.name)\",\"value\":".utf8)
    json.appendJSON(measurement.value)
    json +=
      ",\"kind\":\"\(measurement.isCounter ? "counter" : "gauge")\",\"job\":\"\(Self.job)\",\"instance\":"
      .utf8
    json.appendJSON(instance)
    if let label = measurement.label {
      json += ",\"labels\":{\"\(label.name)\":".utf8
      json.appendJSON(label.value)
      json.append(UInt8(ascii: "}"))
    }
    json.append(UInt8(ascii: "}"))
    return String(decoding: json, as: UTF8.self)
  }
}
