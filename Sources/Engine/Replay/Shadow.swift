// Processors that are rebuilt: they read what comes from outside where it always is and write under another
// prefix, so that nothing they make can be taken for what is in force.
public import Runtime

/// `real` over its own inputs, with everything it writes taken from `shadow`: the same processor over topics
/// of the shadow prefix. An input that the processor writes itself is the shadow's too: what the real
/// one has sent itself must not be folded twice.
public func shadowed(_ real: ProcessorDefinition, by shadow: ProcessorDefinition) -> ProcessorDefinition {
  shadowed([real], by: [shadow])[0]
}

/// Several processors together, in the same order: what one of them writes and another reads is the shadow's.
public func shadowed(
  _ real: [ProcessorDefinition], by shadow: [ProcessorDefinition]
) -> [ProcessorDefinition] {
  precondition(real.map(\.name) == shadow.map(\.name), "the shadows of other processors")
  let own = Set(real.flatMap { $0.outputs.map(\.topic) })
  return zip(real, shadow).map { real, shadow in
    precondition(real.inputs.count == shadow.inputs.count, "the shadow of another processor")
    var rebuilt = shadow
    rebuilt.inputs = zip(real.inputs, shadow.inputs).map { own.contains($0.topic) ? $1 : $0 }
    return rebuilt
  }
}

extension ProcessorDefinition {
  /// Every topic that its tasks write.
  public var writtenTopics: Set<String> {
    Set(outputs.map(\.topic) + allChangelogTopics + [epochsTopic, quarantineTopic])
  }
}
