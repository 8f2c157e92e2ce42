// The topics of `rollouts`.
internal import Runtime

extension ProcessorDefinition {
  static func rollouts(prefix: String) -> ProcessorDefinition {
    let series = "\(prefix).deployment-series"
    let events = "\(prefix).deployment-events"
    return ProcessorDefinition(
      "rollouts", epochsTopic: "\(prefix).rollouts.epochs", quarantineTopic: "\(prefix).quarantine",
      inputs: [
        ProcessorInput("\(prefix).control", .control), ProcessorInput(events, .outside),
        ProcessorInput(
          series,
          writtenBy: ["collect", "metrics"].map { .init($0, epochsTopic: "\(prefix).\($0).epochs") }),
      ],
      outputs: ["deployments", "rollback-decisions", "rollout-decisions"].map {
        ProcessorOutput("\(prefix).\($0)")
      },
      changelogTopics: ["settings", "deployments", "stretches", "arms", "held"].map {
        "\(prefix).rollouts.\($0).changelog"
      },
      timeTopic: "\(prefix).rollouts.time.changelog", codeHash: RolloutFold.version
    ) { RolloutFold(events: events, series: series, partition: $0) }
  }
}
