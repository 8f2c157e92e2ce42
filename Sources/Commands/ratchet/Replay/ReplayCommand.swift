// ratchet replay: a processor's past folded again by today's code and compared with what was published then.
// It reads and publishes nothing.
import Basics
import Kafka
import POSIX
import Processors
import Replay
import Runtime

let processorOption = Option(
  name: "processor", value: "NAME", summary: "whose past: \(processorNames.joined(separator: ", "))",
  isRequired: true)

extension Command {
  static let replay = Command(
    name: "replay", summary: "fold a processor's past again and compare it with what was published",
    options: [
      processorOption,
      Option(name: "partition", value: "N", summary: "only the task of this partition"),
      Option(name: "verify", summary: "fold and compare; without it, only tell what can be asked from when"),
      Option(
        name: "from", value: "EPOCH",
        summary: "compare from this epoch on; the ones before are folded for the state they leave"),
      Option(name: "json", summary: "one JSON object a task instead of text"), prefixOption, inputsOption,
    ] + BrokerConnection.options(isRequired: true),
    notes: """
      State is kept in memory. An engine may run meanwhile: what it commits after the start is left out.
      Epochs that other code or configuration folded are told as such and are no differences.
      exit codes: 0 identical, 1 different, 2 cannot say, 64 a wrong command line
      """
  ) { arguments in
    let partition = try arguments.integer("partition", in: 0...Int(Int32.max))
    let from = try arguments.integer("from", in: 0...Int.max)
    let definition = try processor(arguments, inputs: try inputsPrefix(arguments))
    guard arguments.flag("verify") || from == nil else {
      throw UsageError("needs --verify", at: "--from", why: "without it nothing is compared")
    }
    do {
      let past = try RecordedPast(definition, arguments, partition: partition)
      guard arguments.flag("verify") else { return try past.survey(json: arguments.flag("json")) }
      return try past.verify(from: Epoch(Int64(from ?? 0)), json: arguments.flag("json"))
    } catch {
      // Status 1 says that something differs; that nothing can be read says nothing.
      writeToStandardError(Array("\(error)\n".utf8))
      return .cannotSay
    }
  }
}

extension ExitStatus {
  /// A replay found no difference and cannot say that there is none.
  static let cannotSay = ExitStatus(code: 2)
}

/// Without a prefix's meaning: for help and suggestions.
private let processorNames = shippedProcessors(prefix: "ratchet").map(\.name)

/// The processor that `--processor` names, over the topics of `--prefix`, and where others publish under
/// another prefix over those of `inputs`.
func processor(
  _ arguments: Arguments, inputs: String? = nil
) throws(UsageError) -> ProcessorDefinition {
  let name = arguments.text("processor") ?? ""
  let prefix = arguments.text("prefix") ?? ""
  if let found = processors(prefix: prefix, inputs: inputs ?? prefix).first(where: { $0.name == name }) {
    return found
  }
  throw UsageError(
    "no processor is called \"\(name)\"", at: "--processor",
    next: didYouMean(name, among: processorNames) ?? "there are \(processorNames.joined(separator: ", "))")
}

/// One processor's recorded past on a broker.
private struct RecordedPast {
  let definition: ProcessorDefinition
  let port: KafkaPort
  let partitions: [PartitionID]

  init(_ definition: ProcessorDefinition, _ arguments: Arguments, partition: Int?) throws {
    guard let client = try BrokerConnection.configuration(arguments) else {
      throw UsageError("--bootstrap HOST:PORT is missing")
    }
    self.definition = definition
    port = try KafkaPort(readingWith: client, partitions: definition.inputs.count + 1)
    do throws(ClientFailure) {
      let count = try port.partitionCount(of: definition.epochsTopic)
      partitions = (0..<count).map { PartitionID($0) }.filter { partition ?? Int($0.rawValue) == $0.rawValue }
      guard partitions.isEmpty else { return }
    } catch {
      throw Diagnostic(
        "the processor's epoch log cannot be read", at: .named(definition.epochsTopic), why: error.reason,
        next: "has \(definition.name) ever run on this broker, under this prefix?")
    }
    throw Diagnostic(
      "\(definition.name) has no task \(partition ?? 0)", at: .named("--partition"),
      why: "\(definition.epochsTopic) has fewer partitions")
  }

  func survey(json: Bool) throws -> ExitStatus {
    var isWhole = true
    for partition in partitions {
      let survey = try TaskSurvey(partition, of: definition, port)
      print(json ? survey.json : survey.text)
      flushStandardOutput()
      isWhole = isWhole && (survey.isWhole || survey.epochs == nil)
    }
    if !json { print("\nratchet replay --verify folds it again and compares") }
    return isWhole ? .success : .cannotSay
  }

  func verify(from: Epoch, json: Bool) throws -> ExitStatus {
    var (hasDifference, hasUnknown, hasIdentical) = (false, false, false)
    for partition in partitions {
      let start = ContinuousClock.now
      var progress = Progress()
      var replay = TaskReplay(partition, of: definition, port, from: from)
      let result = try replay.run { progress.tell(text($0, after: ContinuousClock.now - start)) }
      let elapsed = ContinuousClock.now - start
      print(json ? result.json(elapsed: elapsed) : result.text(elapsed: elapsed))
      flushStandardOutput()
      switch result.verdict {
      case .identical: hasIdentical = true
      case .different: hasDifference = true
      // A task that never had anything to do says nothing about the others.
      case .unknown(.nothingRecorded): break
      case .unknown: hasUnknown = true
      }
    }
    if hasDifference { return .failure }
    return hasUnknown || !hasIdentical ? .cannotSay : .success
  }

  private func text(_ progress: ReplayProgress, after elapsed: Duration) -> String {
    let percent = Int(progress.share * 100)
    return "\(progress.task): epoch \(progress.epoch), \(percent) %, \(progress.records) records"
      + speed(of: progress.span, in: elapsed)
  }
}
