// The topics of `review`.
internal import Events
internal import Runtime

extension ProcessorDefinition {
  static func review(prefix: String) -> ProcessorDefinition {
    let rekey = "\(prefix).review.rekey"
    let inputs = [
      ProcessorInput("\(prefix).control", .control), ProcessorInput("\(prefix).reviews", .outside),
      ProcessorInput(
        "\(prefix).candidates", writtenBy: [.init("collect", epochsTopic: "\(prefix).collect.epochs")]),
    ]
    let names = inputs.map(\.topic) + [rekey]
    return ProcessorDefinition(
      "review", epochsTopic: "\(prefix).review.epochs", quarantineTopic: "\(prefix).quarantine",
      inputs: inputs,
      outputs: ["learning-examples", "annotation-queue", "annotation-progress"].map {
        ProcessorOutput("\(prefix).\($0)")
      } + [ProcessorOutput("\(prefix).panes", isAnnounced: true)],
      changelogTopics: ["settings", "examples", "agents", "erasures", "set-aside"].map {
        "\(prefix).review.\($0).changelog"
      },
      timeTopic: "\(prefix).review.time.changelog",
      rekey: ProcessorOutput(rekey, recordBytesMax: 1_048_588), codeHash: Review.version
    ) { Review(names, task: $0) }
  }
}
