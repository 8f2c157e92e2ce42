// Help text, derived from the declarations; golden files in Tests hold it.

extension Command {
  /// `ratchet topics describe [TOPIC] [options]`
  var usage: String {
    let operands = operands.map { $0.isRequired ? $0.name : "[\($0.name)]" }
    return (["ratchet", name] + operands + (options.isEmpty ? [] : ["[options]"])).joined(separator: " ")
  }

  var help: String {
    var sections = ["\(summary)\n\nusage: \(usage)"]
    let operandRows = operands.map { (left: $0.name, right: $0.summary) }
    if !operandRows.isEmpty { sections.append("arguments:\n" + aligned(operandRows)) }
    let optionRows = options.map { (left: $0.heading, right: $0.explanation) }
    sections.append("options:\n" + aligned(optionRows + [("--help", "show this")]))
    if !notes.isEmpty { sections.append(notes) }
    return sections.joined(separator: "\n\n")
  }
}

extension Option {
  fileprivate var heading: String { value.map { "--\(name) \($0)" } ?? "--\(name)" }

  fileprivate var explanation: String {
    var remarks: [String] = []
    if isRequired { remarks.append("required") }
    if repeats { remarks.append("may be repeated") }
    if let variable { remarks.append("or \(variable)") }
    if let fallback { remarks.append("default \(fallback)") }
    return remarks.isEmpty ? summary : "\(summary) (\(remarks.joined(separator: "; ")))"
  }
}

/// The list of commands.
func overview(of commands: [Command]) -> String {
  """
  Ratchet keeps what makes an agent better and rolls back what makes it worse.

  usage: ratchet COMMAND [options]

  commands:
  \(aligned(commands.map { (left: $0.name, right: $0.summary) }))

  ratchet COMMAND --help shows what a command takes.
  """
}

/// Two columns, indented by two spaces.
private func aligned(_ rows: [(left: String, right: String)]) -> String {
  let width = rows.map(\.left.count).max() ?? 0
  return rows.map { row in
    "  " + row.left + String(repeating: " ", count: width - row.left.count + 2) + row.right
  }.joined(separator: "\n")
}
