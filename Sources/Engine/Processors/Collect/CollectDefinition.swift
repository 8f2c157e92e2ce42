// The topics of `collect`.
internal import Events
internal import Runtime

extension ProcessorDefinition {
  static func collect(prefix: String) -> ProcessorDefinition {
    ProcessorDefinition(
      "collect", epochsTopic: "\(prefix).collect.epochs", quarantineTopic: "\(prefix).quarantine",
      inputs: [ProcessorInput("\(prefix).control", .control)]
        + Collect.topics.map { ProcessorInput("\(prefix).\($0.rawValue)", .outside) },
      outputs: [ProcessorOutput("\(prefix).agent-counts", isAnnounced: true)],
      changelogTopics: ["\(prefix).collect.settings.changelog"],
      rekey: ProcessorOutput("\(prefix).collect.rekey", recordBytesMax: 1_048_588),
      codeHash: Collect.version
    ) { _ in Collect() }
  }
}
