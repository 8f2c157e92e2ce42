// The topics of `retrieval`.
internal import Runtime

extension ProcessorDefinition {
  static func retrieval(prefix: String) -> ProcessorDefinition {
    ProcessorDefinition(
      "retrieval", epochsTopic: "\(prefix).retrieval.epochs", quarantineTopic: "\(prefix).quarantine",
      inputs: [
        ProcessorInput("\(prefix).control", .control),
        ProcessorInput(
          "\(prefix).chunk-judgements",
          writtenBy: [.init("collect", epochsTopic: "\(prefix).collect.epochs")]),
      ],
      outputs: [ProcessorOutput("\(prefix).chunk-relevance")],
      changelogTopics: [
        "\(prefix).retrieval.settings.changelog", "\(prefix).retrieval.relevance.changelog",
      ],
      timeTopic: "\(prefix).retrieval.time.changelog", codeHash: RetrievalProcessor.version
    ) { _ in RetrievalProcessor() }
  }
}
