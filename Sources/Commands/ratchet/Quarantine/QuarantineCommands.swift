// ratchet quarantine: what was set aside and why, one record of it in full, and the way back for what can be
// folded after all.
import Basics
import Kafka

let prefixOption = Option(
  name: "prefix", value: "NAME", summary: "what topics' names begin with", variable: "RATCHET_PREFIX",
  fallback: "ratchet")
private let reasonOption = Option(
  name: "reason", value: "REASON", summary: "only records set aside for this reason, such as undecodable")

extension Command {
  static let quarantineList = Command(
    name: "quarantine list", summary: "count what was set aside by reason, and show the newest of it",
    options: [
      prefixOption, reasonOption,
      Option(name: "limit", value: "N", summary: "how many records to show", fallback: "20"),
      Option(name: "json", summary: "one JSON object a record instead of text"),
    ] + BrokerConnection.options(isRequired: true),
    notes: """
      Each line has the record's position in quarantine, PARTITION@OFFSET, and that of the original.
      """
  ) { arguments in
    let topic = try quarantine(arguments)
    let limit = try arguments.integer("limit", in: 0...1_000_000) ?? 20
    var listing = QuarantineListing(reason: arguments.text("reason"), limit: limit)
    try topic.read { listing.add($0) }
    print(arguments.flag("json") ? listing.jsonLines : listing.text(of: topic.name, at: topic.address))
    return .success
  }

  static let quarantineShow = Command(
    name: "quarantine show", summary: "show one record that was set aside, with its bytes and headers",
    operands: [Operand(name: "POSITION", summary: "PARTITION@OFFSET as quarantine list shows it")],
    options: [prefixOption] + BrokerConnection.options(isRequired: true)
  ) { arguments in
    let topic = try quarantine(arguments)
    let position = try quarantinePosition(arguments)
    var (found, redrivenTo): (QuarantinedRecord?, String?) = (nil, nil)
    try topic.read(from: position) { record in
      if record.position == position { found = record }
      if case .redriven(position, let place) = record.content { redrivenTo = place }
    }
    guard let found else { throw nothing(at: position, topic) }
    print(shown(found, redrivenTo))
    return .success
  }

  static let quarantineRedrive = Command(
    name: "quarantine redrive", summary: "publish what was set aside to where it came from, once",
    operands: [
      Operand(
        name: "POSITION", summary: "one record, PARTITION@OFFSET as quarantine list shows it",
        isRequired: false)
    ],
    options: [prefixOption, reasonOption] + BrokerConnection.options(isRequired: true),
    notes: """
      Do it when the cause is mended: a record that still cannot be folded is set aside again.
      Key, value, headers, timestamp and partition are the original's; the offset is new. Each record and a
      note in quarantine that it was redriven are one transaction, so repeating the command, or running it
      twice at once, publishes nothing twice.
      """
  ) { arguments in
    let topic = try quarantine(arguments)
    let reason = arguments.text("reason")
    let position = try arguments.text("POSITION") == nil ? nil : quarantinePosition(arguments)
    guard (position == nil) != (reason == nil) else {
      throw UsageError(
        "give either a POSITION or --reason", next: "ratchet quarantine list shows positions and reasons")
    }
    var redrive = try Redrive(topic, prefix: arguments.text("prefix") ?? "", arguments)
    return try redrive.run(position, reason: reason) { print($0) }
  }
}

private func quarantine(_ arguments: Arguments) throws -> QuarantineTopic {
  guard let configuration = try BrokerConnection.configuration(arguments) else {
    throw UsageError("--bootstrap HOST:PORT is missing")
  }
  return try QuarantineTopic(prefix: arguments.text("prefix") ?? "", configuration)
}

private func quarantinePosition(_ arguments: Arguments) throws(UsageError) -> QuarantinePosition {
  let text = arguments.text("POSITION") ?? ""
  guard let position = QuarantinePosition(text) else {
    throw UsageError(
      "\"\(text)\" is not PARTITION@OFFSET", at: "POSITION", next: "ratchet quarantine list shows positions")
  }
  return position
}

func nothing(at position: QuarantinePosition, _ topic: QuarantineTopic) -> Diagnostic {
  Diagnostic(
    "no record was set aside at \(position)", at: .named(topic.name),
    why: "it never was, or its retention has ended", next: "ratchet quarantine list shows what is there")
}
