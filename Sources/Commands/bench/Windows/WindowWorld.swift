// The topics of one run of the windows' job, and what came of it.
import Basics
import Kafka
import Runtime

/// How the benchmark's windows are cut. Panes are kept for no longer than their windows: what comes late is
/// set aside, as others' defaults have it.
enum WindowShape: String {
  case tumbling, hopping

  static let size = Duration.seconds(10)
  static let hop = Duration.seconds(2)

  var windowing: Windowing {
    switch self {
    case .tumbling: .tumbling(Self.size, grace: .zero)
    case .hopping: .hopping(Self.size, every: Self.hop, grace: .zero)
    }
  }

  var pane_ms: Int64 { (self == .tumbling ? Self.size : Self.hop).milliseconds }
  /// How many windows a record belongs to.
  var windowsPerRecord: Int { Int(Self.size.milliseconds / pane_ms) }
}

struct WindowWorld {
  let name: String
  private let bootstrap: String
  private let input: String
  private let shape: WindowShape
  private let isTwoStaged: Bool
  let told = Told()

  init(_ bootstrap: String, _ name: String, input: String, _ shape: WindowShape, isTwoStaged: Bool) throws {
    (self.bootstrap, self.name, self.input) = (bootstrap, name, input)
    (self.shape, self.isTwoStaged) = (shape, isTwoStaged)
    let admin = try Admin(client)
    let nouns = ["output", "changelog", "due", "time", "epochs", "quarantine"]
    for noun in nouns + (isTwoStaged ? ["partials", "partial.epochs"] : []) {
      try admin.createTopic("\(name).\(noun)", partitions: Int(EngineWorld.partitions), replication: 1)
    }
  }

  var client: ClientConfiguration { ["bootstrap.servers": bootstrap] }

  var processors: [ProcessorDefinition] {
    let (windowing, pane_ms, told) = (shape.windowing, shape.pane_ms, told)
    guard isTwoStaged else {
      return [
        definition("windows", [ProcessorInput(input, .outside)]) { _ in SummarizeWindows(windowing, told) }
      ]
    }
    let partial = ProcessorDefinition(
      "partial", epochsTopic: "\(name).partial.epochs", quarantineTopic: "\(name).quarantine",
      inputs: [ProcessorInput(input, .outside)],
      outputs: [ProcessorOutput("\(name).partials", isAnnounced: true)], codeHash: 1
    ) { SummarizePartially(pane_ms: pane_ms, task: $0) }
    let partials = ProcessorInput(
      "\(name).partials", writtenBy: [.init("partial", epochsTopic: "\(name).partial.epochs")])
    return [partial, definition("windows", [partials]) { _ in MergeWindows(windowing, told) }]
  }

  private func definition<P: Processor>(
    _ processor: String, _ inputs: [ProcessorInput], _ make: @escaping @Sendable (PartitionID) -> P
  ) -> ProcessorDefinition {
    ProcessorDefinition(
      processor, epochsTopic: "\(name).epochs", quarantineTopic: "\(name).quarantine", inputs: inputs,
      outputs: [ProcessorOutput("\(name).output")], changelogTopics: ["\(name).changelog", "\(name).due"],
      timeTopic: "\(name).time", codeHash: 1, make: make)
  }

  func life(in folder: String) throws -> EngineLife {
    try EngineLife(
      client, name, processors, inputs: EngineWorld.allPartitions(of: input), folder: "\(folder)/\(name)")
  }

  /// Until every window of `count` records has closed and all of it is committed.
  func run(_ life: EngineLife, count: Int) throws {
    let wanted = count * shape.windowsPerRecord
    try life.turn { life.committed >= count && told.records >= wanted && life.isIdle }
  }

  /// The hash of all that was told, in any order.
  func outputHash() throws -> UInt64 {
    try EngineWorld.contentHash(of: "\(name).output", on: bootstrap)
  }
}
