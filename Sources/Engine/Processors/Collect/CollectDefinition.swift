// The topics of `collect`.
internal import Events
internal import Runtime

extension ProcessorDefinition {
  static func collect(prefix: String) -> ProcessorDefinition {
    let inputs =
      [ProcessorInput("\(prefix).control", .control)]
      + Collect.topics.map { ProcessorInput("\(prefix).\($0.rawValue)", .outside) }
    let rekey = "\(prefix).collect.rekey"
    let names = inputs.map(\.topic) + [rekey]
    return ProcessorDefinition(
      "collect", epochsTopic: "\(prefix).collect.epochs", quarantineTopic: "\(prefix).quarantine",
      inputs: inputs,
      outputs: [
        ProcessorOutput("\(prefix).panes", isAnnounced: true),
        ProcessorOutput("\(prefix).candidates", isAnnounced: true),
        ProcessorOutput("\(prefix).deployment-series", isAnnounced: true),
        ProcessorOutput("\(prefix).outcomes", isAnnounced: true),
        ProcessorOutput("\(prefix).chunk-judgements", isAnnounced: true),
      ],
      changelogTopics: ["settings", "executions", "users", "erasures", "set-aside", "retrievals"].map {
        "\(prefix).collect.\($0).changelog"
      },
      timeTopic: "\(prefix).collect.time.changelog",
      rekey: ProcessorOutput(rekey, recordBytesMax: 1_048_588), codeHash: Collect.version
    ) { Collect(names, task: $0) }
  }
}
