// The topics of `metrics`.
internal import Events
internal import Metrics
internal import Runtime

extension ProcessorDefinition {
  /// `board`: where the gateway finds the series of this instance's tasks.
  static func metrics(prefix: String, board: MetricsBoard?) -> ProcessorDefinition {
    let inputs = [
      ProcessorInput("\(prefix).control", .control),
      ProcessorInput(
        "\(prefix).panes",
        writtenBy: ["collect", "review", "experiments"].map {
          .init($0, epochsTopic: "\(prefix).\($0).epochs")
        }),
      ProcessorInput("\(prefix).telemetry", .outside), ProcessorInput("\(prefix).training-events", .outside),
    ]
    let rekey = "\(prefix).metrics.rekey"
    let topics = inputs.map(\.topic) + [rekey]
    let outputs =
      ["rolling-metrics", "agent-scorecards", "alerts", "alert-states"]
      + MetricViewField.shapes.map(\.topic)
    let stores = ["settings", "series", "values", "samples", "notes", "scorecards", "rules", "views"]
    return ProcessorDefinition(
      "metrics", epochsTopic: "\(prefix).metrics.epochs", quarantineTopic: "\(prefix).quarantine",
      inputs: inputs,
      outputs: outputs.map { ProcessorOutput("\(prefix).\($0)") }
        + [ProcessorOutput("\(prefix).deployment-series", isAnnounced: true)],
      changelogTopics: stores.map { "\(prefix).metrics.\($0).changelog" },
      timeTopic: "\(prefix).metrics.time.changelog",
      rekey: ProcessorOutput(rekey, recordBytesMax: 1_048_588), codeHash: MetricsFold.version
    ) { partition in MetricsFold(topics: topics, partition: partition, board: board) }
  }
}
