// A processor that is configured: it multiplies what it counts by the number in the file "factor".
import Basics
import Control

@testable import Runtime

/// Emits each event's value times the factor in force; without one it would emit nothing.
struct Scaled: Processor {
  /// Contents by the keys of their records, and the factor under its own key.
  private let settings = KeyValueStore<String, [UInt8]>("settings")

  var stores: [any TaskStore] { [settings] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let key = record.key, let value = record.value else { return .setAside(.undecodable) }
    if record.input == 0 {
      let bytes = Array(value.text.utf8)
      settings[key.text] = bytes
      if key.text == Configuration.recordKey, let configuration = Configuration(decoding: bytes) {
        settings["factor"] = configuration.files["factor"].flatMap { settings[Configuration.fileKey($0)] }
      }
      return .folded
    }
    guard let factor = settings["factor"].flatMap({ Int(String(decoding: $0, as: UTF8.self)) }),
      let number = Int(value.text)
    else { return .setAside(.invalid) }
    let text = Array("\(number * factor)".utf8)
    context.emit(0, key: key, value: unsafe text.span.bytes)
    return .folded
  }
}

extension World {
  var scaled: ProcessorDefinition {
    ProcessorDefinition(
      "scaled", epochsTopic: topic("epochs"), quarantineTopic: topic("quarantine"),
      inputs: [ProcessorInput(topic("control"), .control), ProcessorInput(topic("events"), .outside)],
      outputs: [ProcessorOutput(topic("tallies"))], changelogTopics: [topic("changelog")], codeHash: 1
    ) { _ in Scaled() }
  }

  /// Puts a factor in force; returns what was published.
  @discardableResult
  func configure(factor: String, _ more: [String: String] = [:]) throws -> ConfigurationChange {
    var configuration = Configuration()
    var contents: [Configuration.ContentHash: [UInt8]] = [:]
    for (path, text) in more.merging(["factor": factor], uniquingKeysWith: { $1 }) {
      contents[configuration.set(path, Array(text.utf8))] = Array(text.utf8)
    }
    return try ControlTopic(topic("control"), client).apply(configuration, contents)
  }
}
