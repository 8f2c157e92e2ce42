// What an instance says of itself on its own page, whoever owns the tasks of `metrics`: its tasks and workers
// as they stand.
internal import Basics
internal import Metrics
public import Processors
public import Runtime

/// The families of an instance's status.
public func instanceFamilies(_ workers: [WorkerStatus]) -> [ExposedFamily] {
  let tasks = workers.flatMap(\.tasks)
  func family(
    _ name: String, _ help: String, _ type: String = "gauge", _ value: (TaskStatus) -> Double?
  ) -> ExposedFamily {
    ExposedFamily(
      name: name, help: help, type: type,
      samples: tasks.compactMap { task in
        value(task).map { value in
          .init(
            labels: [
              .init("processor", task.task.processor), .init("task", "\(task.task.partition.rawValue)"),
            ], value: value)
        }
      })
  }
  return [
    family("ratchet_instance_task_running", "1 for a task of this instance that runs, else 0") {
      $0.state == .running ? 1 : 0
    },
    family("ratchet_instance_task_stalled", "1 for a task of this instance that waits for a person") {
      if case .stalled = $0.state { 1 } else { 0 }
    },
    family("ratchet_instance_task_lag_records", "records that a task has not read") {
      $0.lagRecords.map(Double.init)
    },
    family("ratchet_instance_task_lag_seconds", "age of the last record read, while more wait") {
      $0.lagTime.map { Double($0 / .milliseconds(1)) / 1000 }
    },
    family("ratchet_instance_epochs_total", "epochs that a task has committed, by whomever", "counter") {
      $0.epoch.map { Double($0.rawValue + 1) }
    },
    ExposedFamily(
      name: "ratchet_instance_worker_troubled", help: "1 for a worker that waits out trouble with Kafka",
      type: "gauge",
      samples: workers.map {
        .init(labels: [.init("worker", "\($0.worker)")], value: $0.trouble == nil ? 0 : 1)
      }),
  ]
}
