// The topics of `metrics`.
internal import Runtime

extension ProcessorDefinition {
  static func metrics(prefix: String) -> ProcessorDefinition {
    ProcessorDefinition(
      "metrics", epochsTopic: "\(prefix).metrics.epochs", quarantineTopic: "\(prefix).quarantine",
      inputs: [
        ProcessorInput("\(prefix).control", .control),
        ProcessorInput(
          "\(prefix).agent-counts", writtenBy: [.init("collect", epochsTopic: "\(prefix).collect.epochs")]),
      ],
      outputs: [ProcessorOutput("\(prefix).agent-scorecards")],
      changelogTopics: ["\(prefix).metrics.settings.changelog", "\(prefix).metrics.scorecards.changelog"],
      timeTopic: "\(prefix).metrics.time.changelog", codeHash: ScorecardFold.version
    ) { _ in ScorecardFold() }
  }
}
