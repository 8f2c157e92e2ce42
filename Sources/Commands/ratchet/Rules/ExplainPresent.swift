// `ratchet rules explain --bootstrap`: an expression over the series as they are now. A rule that tells
// each part's value is put beside the rules in force and the past folded again: so the parts see what
// rules see.
import Alerts
import Basics
import Control
import Kafka
import Processors
import Replay
import Runtime
import Topology

private let explainer = "RatchetExplain"

/// Prints each part of an expression, or of a rule in force, with its value at the last instant.
func explainPresent(_ text: String, _ arguments: Arguments) throws -> ExitStatus {
  guard let client = try BrokerConnection.configuration(arguments) else {
    throw UsageError("--series FILE or --bootstrap HOST:PORT is missing")
  }
  let (definition, topic) = try processorOfAlerts(arguments)
  let inputs = try inputsPrefix(arguments) ?? arguments.text("prefix") ?? ""
  let expression = try expression(text, in: try ControlReading("\(inputs).control", client))
  let port = try KafkaPort(readingWith: client, partitions: definition.inputs.count + 1)
  let organization = arguments.text("organization")
  let path = "rules/\(organization == nil ? "platform" : "organization")/explain.yaml"
  var isFound = false
  var progress = Progress()
  for number in 0..<(try port.partitionCount(of: definition.epochsTopic)) {
    let last = try TaskBacktest(PartitionID(number), of: definition, port, under: nil).lastWatermark()
    let rule = ruleFile(expression, after: last ?? EventTime(milliseconds: 0))
    let task = TaskBacktest(
      PartitionID(number), of: definition, port, under: OtherConfiguration(folder: path, files: [path: rule]))
    try task.run(
      outputsTo: topic,
      until: { watermark in
        progress.tell("\(definition.name)/\(number): history up to \(watermark)")
        return false
      }
    ) { value in
      guard let leaves = jsonLeaves(value), let told = ToldTransition(leaves), told.rule == explainer,
        told.organization == organization ?? "platform"
      else { return }
      isFound = true
      print("at \(told.at)")
      for (index, part) in expression.parts.enumerated() {
        print("\(index + 1). \(part)")
        let value = leaves.first { $0.path == "annotations.part_\(index + 1)" }?.text ?? ""
        for line in lines(ofJSON: value) { print("     \(line)") }
      }
    }
  }
  guard isFound else {
    throw Diagnostic(
      "no instant has been evaluated for \(organization ?? "platform")", at: .named(definition.epochsTopic),
      next: "is it running, and is a configuration in force?")
  }
  return .success
}

/// The expression itself, or that of the rule with this name.
private func expression(_ text: String, in control: ControlReading) throws -> Expression {
  var files: [String: [UInt8]] = [:]
  for (path, hash) in control.configuration?.files ?? [:] { files[path] = control.contents[hash] }
  if let rules = try? parseRuleFolder(files) {
    let all = (rules.platform.groups + rules.organization.groups).flatMap(\.rules)
    if let rule = all.first(where: { $0.name == text }) { return rule.expression }
  }
  do throws(ExpressionFault) { return try Expression(text) } catch { throw diagnostic(error, in: text) }
}

/// Recording the expression makes the history be kept that it needs.
private func ruleFile(_ expression: Expression, after last: EventTime) -> [UInt8] {
  func quoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.appendJSON(text)
    return String(decoding: bytes, as: UTF8.self)
  }
  var lines = [
    "groups:", "  - name: explain", "    rules:",
    "      - {record: 'ratchet:explained', expr: \(quoted(expression.text))}",
    "      - alert: \(explainer)",
    "        expr: vector(time()) >= \(Double(last.rawValue) / 1000 - 15)",
    "        annotations:",
  ]
  for (index, part) in expression.parts.enumerated() {
    let template = "{{ range query \(quoted(part)) }}{{ .Labels }} {{ .Value }}\n{{ else }}nothing{{ end }}"
    lines.append("          part_\(index + 1): \(quoted(template))")
  }
  return Array((lines.joined(separator: "\n") + "\n").utf8)
}

/// The lines of a JSON string, as it is written in the text.
private func lines(ofJSON text: String) -> [String] {
  text.dropFirst().dropLast().replacing("\\n", with: "\n").replacing("\\\"", with: "\"")
    .split(separator: "\n").map(String.init)
}
