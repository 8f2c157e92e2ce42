// What hosts and services say of themselves, for the organization `platform`: heartbeats, measurements,
// requests, operations, jobs with their workers and queues.
internal import Basics

extension StoryGenerator {
  private static let platform = "platform"
  private static let workers = ["worker-1", "worker-2"]

  private var hasNoWorkers: Bool { settings.scenario == .workerOutage }

  private mutating func report(
    _ topic: String, _ type: String, at time: Timestamp, _ data: JSONObject
  ) {
    number += 1
    tell(
      topic, type, "\(settings.name)-\(number)", of: Self.platform, key: Self.platform, at: time, data)
  }

  mutating func beat(at time: Timestamp) {
    agenda.add(.beat, at: time + .seconds(15))
    for job in ["learning-loop", "learning-api"] {
      report("telemetry", "heartbeat.sent", at: time, ["job": .text(job), "instance": "\(job)-1"])
    }
  }

  mutating func measure(at time: Timestamp) {
    agenda.add(.measures, at: time + .seconds(30))
    let hour = Double(time.rawValue % 3_600_000) / 3_600_000
    let measures: [(name: String, value: Double)] = [
      ("memory_usage", 410_000_000 + 20_000_000 * hour),
      ("database_connections_active", Double(8 + platform.int(in: 0..<9))),
      ("host_memory_percent", Double(48 + platform.int(in: 0..<9))),
      ("host_cpu_percent", Double(22 + platform.int(in: 0..<20))),
    ]
    for (name, value) in measures {
      report(
        "telemetry", "measurement.taken", at: time,
        ["name": .text(name), "value": .number(value), "job": "learning-loop", "instance": "learning-loop-1"])
    }
  }

  mutating func serveRequest(at time: Timestamp) {
    agenda.add(.request, at: time + platform.about(.seconds(10)))
    let endpoint = platform.one(of: ["/api/learning/feedback", "/api/learning/stats"])
    report(
      "telemetry", "request.served", at: time,
      [
        "endpoint": .text(endpoint), "method": endpoint.hasSuffix("feedback") ? "POST" : "GET",
        "status": platform.chance(1, in: 100) ? 500 : 200,
        "duration_seconds": .number(Double(20 + platform.int(in: 0..<180)) / 1000),
        "request_size_bytes": .whole(200 + platform.int(in: 0..<900)),
        "response_size_bytes": .whole(80 + platform.int(in: 0..<4000)), "job": "learning-api",
      ])
  }

  /// Every sixth operation fails while the candidate is bad: enough for the alert, whatever the seed.
  mutating func operate(at time: Timestamp) {
    agenda.add(.operation, at: time + platform.about(.milliseconds(1500)))
    operations += 1
    let fails = isBad(at: time) ? operations % 6 == 0 : platform.chance(1, in: 200)
    report(
      "telemetry", "operation.completed", at: time,
      [
        "operation_type": .text(platform.one(of: ["learn", "apply", "recall"])),
        "duration_ms": .whole(40 + platform.int(in: 0..<200)), "success": .flag(!fails),
        "error.type": fails ? "pattern_rejected" : nil, "feature": "coach",
        "cache_hit": .flag(platform.chance(92, in: 100)),
      ])
  }

  // MARK: - Jobs

  mutating func reportWorkers(at time: Timestamp) {
    agenda.add(.worker, at: time + .seconds(60))
    let isOut = hasNoWorkers && time >= settings.turn
    for worker in Self.workers {
      report(
        "training-events", "worker.changed", at: time,
        [
          "worker_id": .text(worker),
          "state": isOut ? "offline" : platform.chance(1, in: 3) ? "busy" : "idle",
          "queue": "learning",
        ])
    }
    waitingJobs = isOut ? waitingJobs + 15 : platform.int(in: 0..<6)
    report(
      "training-events", "queue.measured", at: time,
      ["queue": "learning", "length": .whole(waitingJobs)])
  }

  /// Three jobs an hour: analysis, retrieval, and a prompt optimization now and then.
  mutating func runJob(at time: Timestamp) {
    agenda.add(.job, at: time + platform.about(.seconds(1200)))
    if hasNoWorkers, time >= settings.turn { return }
    number += 1
    let id = "\(settings.name)-job-\(number)"
    let job = platform.one(of: ["experiment-analysis", "retrieval-training", "prompt-optimization"])
    let seconds = 60 + platform.int(in: 0..<900)
    let fails = platform.chance(1, in: 40)
    let states: [(state: String, time: Timestamp)] = [
      ("running", time), (fails ? "failed" : "completed", time + .seconds(seconds)),
    ]
    for (index, step) in states.enumerated() {
      report(
        "training-events", "job.changed", at: step.time,
        [
          "job_id": .text(id), "job": .text(job), "queue": "learning", "status": .text(step.state),
          "duration_seconds": index == 0 ? nil : .whole(seconds), "attempt": 1,
          "error.type": step.state == "failed" ? "provider_limit" : nil,
        ])
    }
  }
}
