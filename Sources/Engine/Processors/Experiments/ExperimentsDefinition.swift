// The topics of `experiments`.
internal import Runtime

extension ProcessorDefinition {
  static func experiments(prefix: String) -> ProcessorDefinition {
    ProcessorDefinition(
      "experiments", epochsTopic: "\(prefix).experiments.epochs", quarantineTopic: "\(prefix).quarantine",
      inputs: [
        ProcessorInput("\(prefix).control", .control),
        ProcessorInput("\(prefix).experiment-events", .outside),
        ProcessorInput(
          "\(prefix).outcomes", writtenBy: [.init("collect", epochsTopic: "\(prefix).collect.epochs")]),
      ],
      outputs: [
        ProcessorOutput("\(prefix).experiment-tallies"),
        ProcessorOutput("\(prefix).panes", isAnnounced: true),
      ],
      changelogTopics: [
        "\(prefix).experiments.settings.changelog", "\(prefix).experiments.tallies.changelog",
        "\(prefix).experiments.units.changelog", "\(prefix).experiments.erasures.changelog",
        "\(prefix).experiments.set-aside.changelog", "\(prefix).experiments.held.changelog",
      ],
      timeTopic: "\(prefix).experiments.time.changelog",
      rekey: ProcessorOutput("\(prefix).experiments.rekey", recordBytesMax: 1_048_588),
      codeHash: ExperimentsProcessor.version
    ) { ExperimentsProcessor(prefix: prefix, partition: $0) }
  }
}
