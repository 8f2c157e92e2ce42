// A processor that is rebuilt: it reads what it always reads and writes under another prefix, so that nothing
// it makes can be taken for what is in force.
public import Runtime

/// `real` over its own inputs, with everything it writes taken from `shadow`: the same processor over topics
/// of the shadow prefix. An input that the processor writes itself is the shadow's too: what the real
/// one has sent itself must not be folded twice.
public func shadowed(_ real: ProcessorDefinition, by shadow: ProcessorDefinition) -> ProcessorDefinition {
  precondition(
    real.name == shadow.name && real.inputs.count == shadow.inputs.count, "the shadow of another processor")
  let own = Set(real.outputs.map(\.topic))
  var rebuilt = shadow
  rebuilt.inputs = zip(real.inputs, shadow.inputs).map { own.contains($0.topic) ? $1 : $0 }
  return rebuilt
}

extension ProcessorDefinition {
  /// Every topic that its tasks write.
  public var writtenTopics: Set<String> {
    Set(outputs.map(\.topic) + allChangelogTopics + [epochsTopic, quarantineTopic])
  }
}
