// The processors that the product runs, as the engine is given them: which topics each reads and writes. Here
// Flow's folds, which know no engine, meet the engine, which knows no domain.
internal import Basics
internal import Events
public import Runtime

/// Every processor, over topics whose names begin with `prefix`.
public func shippedProcessors(prefix: String) -> [ProcessorDefinition] {
  [
    ProcessorDefinition(
      "collect", epochsTopic: "\(prefix).collect.epochs", quarantineTopic: "\(prefix).quarantine",
      inputs: Collect.topics.map { ProcessorInput("\(prefix).\($0.rawValue)", .outside) },
      outputs: [ProcessorOutput("\(prefix).agent-counts", isAnnounced: true)], codeHash: Collect.version
    ) { _ in Collect() },
    ProcessorDefinition(
      "metrics", epochsTopic: "\(prefix).metrics.epochs", quarantineTopic: "\(prefix).quarantine",
      inputs: [
        ProcessorInput(
          "\(prefix).agent-counts", writtenBy: [.init("collect", epochsTopic: "\(prefix).collect.epochs")])
      ],
      outputs: [ProcessorOutput("\(prefix).agent-scorecards")],
      changelogTopics: ["\(prefix).metrics.scorecards.changelog"],
      timeTopic: "\(prefix).metrics.time.changelog", codeHash: ScorecardFold.version
    ) { _ in ScorecardFold() },
  ]
}
