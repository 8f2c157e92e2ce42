// --inputs: what others publish stands under another prefix than what a start makes, once a rebuild has been
// put in force. Those topics and what is on control are theirs: a start makes none of them.
import Basics
import Processors
import Replay
import Runtime
import Topology

let inputsOption = Option(
  name: "inputs", value: "PREFIX",
  summary: "the prefix of the topics that others publish to, as ratchet up has it")

/// The prefix that `--inputs` names, nil without it.
func inputsPrefix(_ arguments: Arguments) throws(UsageError) -> String? {
  guard let inputs = arguments.text("inputs") else { return nil }
  if let fault = faultOfTopicName(inputs) {
    throw UsageError("invalid prefix \"\(inputs)\"", at: "--inputs", why: fault)
  }
  return inputs
}

/// What a start makes: where others publish to topics of another prefix, not those.
func ownTopics(_ declared: [TopicDeclaration], prefix: String, inputs: String) -> [TopicDeclaration] {
  inputs == prefix ? declared : declared.filter { !isPublishedByOthers($0) }
}

/// All of them, reading what others publish from the topics of `inputs`.
func processors(
  prefix: String, inputs: String, _ board: MetricsBoard? = nil
) -> [ProcessorDefinition] {
  let own = shippedProcessors(prefix: prefix, board: board)
  return inputs == prefix ? own : shadowed(shippedProcessors(prefix: inputs), by: own)
}

/// The processor that tells alerts, as a replay needs it, and the topic it tells them on.
func processorOfAlerts(_ arguments: Arguments) throws -> (ProcessorDefinition, topic: String) {
  let prefix = arguments.text("prefix") ?? ""
  let topic = "\(prefix).alerts"
  for processor in processors(prefix: prefix, inputs: try inputsPrefix(arguments) ?? prefix) {
    if processor.outputs.contains(where: { $0.topic == topic }) { return (processor, topic) }
  }
  throw Diagnostic("no processor tells alerts", at: .named(topic))
}

/// Refuses where a topic that others publish to is not there under its prefix: a start would wait for ever
/// for what a mistyped prefix never brings. To be asked before topics are created.
func refuseMissingInputs(
  of declared: [TopicDeclaration], prefix: String, inputs: String, _ broker: TopicBroker
) throws {
  guard inputs != prefix else { return }
  let there = Set(try broker.states(below: inputs, settingsOf: []).map(\.name))
  let missing = declared.filter { isPublishedByOthers($0) && !there.contains($0.fullName(prefix: inputs)) }
  guard let first = missing.first else { return }
  let more = missing.count == 1 ? "" : " and \(missing.count - 1) more"
  throw Diagnostic(
    "there is no topic \(first.fullName(prefix: inputs))\(more)", at: .named("--inputs"),
    why: "a start makes the topics of --prefix \(prefix) and reads these",
    next: "name the prefix that others publish to, or make them: ratchet topics apply --prefix \(inputs)")
}

private func isPublishedByOthers(_ topic: TopicDeclaration) -> Bool {
  topic.kind == .input || topic.kind == .control
}
