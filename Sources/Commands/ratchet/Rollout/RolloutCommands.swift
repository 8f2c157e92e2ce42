// ratchet rollout: what a person wants of a deployment, as an event like any other; and where deployments
// stand, read from their projection.
import Basics
import Events
import Kafka
import Processors
import Rollouts

private let deploymentOperand = Operand(name: "DEPLOYMENT", summary: "the deployment's id")

private func personOptions() -> [Option] {
  [
    Option(name: "org", value: "ORGANIZATION", summary: "whose deployment it is", isRequired: true),
    Option(
      name: "by", value: "PERSON", summary: "who decides; it stands in the audit log",
      variable: "RATCHET_PERSON",
      isRequired: true),
    Option(name: "reason", value: "TEXT", summary: "why; it stands in the audit log", isRequired: true),
    prefixOption,
  ] + BrokerConnection.options(isRequired: true)
}

private func commandingCommand(
  _ command: DeploymentCommand, summary: String, notes: String
) -> Command {
  Command(
    name: "rollout \(command.name)", summary: summary, operands: [deploymentOperand],
    options: [
      Option(
        name: "revision", value: "N", summary: "only if this revision is the current one; any unless given")
    ] + personOptions(), notes: notes
  ) { arguments in
    var fields = [(name: "command", json: quoted(command.name))]
    if let revision = try arguments.integer("revision", in: 1...Int.max) {
      fields.append(("revision", "\(revision)"))
    }
    return try publish("deployment.commanded", fields, arguments)
  }
}

private func publish(
  _ type: String, _ fields: [(name: String, json: String)], _ arguments: Arguments
) throws -> ExitStatus {
  guard let client = try BrokerConnection.configuration(arguments) else {
    throw UsageError("--bootstrap HOST:PORT is missing")
  }
  let now = systemTime()
  let deployment = arguments.text("DEPLOYMENT") ?? ""
  let person = arguments.text("by") ?? ""
  let publisher = try DeploymentEventPublisher(
    client, prefix: arguments.text("prefix") ?? "", source: "/ratchet/rollout")
  try publisher.publish(
    type, id: "\(type)-\(deployment)-\(now.rawValue)-\(UInt32.random(in: .min ... .max))",
    organization: arguments.text("org") ?? "", deployment: deployment,
    fields + [
      ("commanded_by", quoted(person)), ("reason", quoted(arguments.text("reason") ?? "")),
    ], at: now)
  print("published: ratchet rollout status shows what comes of it")
  return .success
}

extension Command {
  static let rolloutApprove = commandingCommand(
    .approve, summary: "approve a deployment's next stage",
    notes: """
      Before its first stage, or at a gate, it goes on at once, even where data or improvement are missing;
      while a stage runs, the approval counts for its gate. Nothing that is broken is overruled, and no
      validation.
      """)
  static let rolloutHold = commandingCommand(
    .hold, summary: "hold a deployment where it is", notes: "What breaks still breaks it off.")
  static let rolloutResume = commandingCommand(
    .resume, summary: "let a held deployment go on", notes: "Also after feature_disable.")
  static let rolloutRollback = commandingCommand(
    .rollback, summary: "take all traffic from a deployment's candidate, now",
    notes: "It stays rolled back; a newer revision begins again.")
  static let rolloutCancel = commandingCommand(
    .cancel, summary: "stop a gradual rollback, or a deployment that has not begun",
    notes: "A stopped rollback leaves the candidate its share, held.")

  static let rolloutDrill = Command(
    name: "rollout drill", summary: "rehearse a rollback: all the way to the executor, changing nothing",
    operands: [deploymentOperand], options: personOptions(),
    notes: "The decision says drill; the executor archives the evidence, leaves flags alone and reports."
  ) { try publish("deployment.drilled", [], $0) }

  static let rolloutStatus = Command(
    name: "rollout status", summary: "show where deployments stand, and why",
    operands: [Operand(name: "DEPLOYMENT", summary: "only this one, with its history", isRequired: false)],
    options: [
      Option(name: "org", value: "ORGANIZATION", summary: "only of this organization"), prefixOption,
    ] + BrokerConnection.options(isRequired: true)
  ) { arguments in
    guard let client = try BrokerConnection.configuration(arguments) else {
      throw UsageError("--bootstrap HOST:PORT is missing")
    }
    let wanted = arguments.text("DEPLOYMENT")
    let organization = arguments.text("org")
    var rows: [String: JSONLeaves] = [:]
    try readToEnd(of: DeploymentField.shape.topic, prefix: arguments.text("prefix") ?? "", client) { record in
      rows[record.key] = record.leaves
    }
    let chosen = rows.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(\.value).filter {
      row in
      (wanted == nil || row["deployment_id"] == wanted)
        && (organization == nil || row["organization"] == organization)
    }
    guard !chosen.isEmpty else {
      print("no deployment")
      return wanted == nil ? .success : .failure
    }
    for row in chosen { print(rolloutText(row, isWhole: wanted != nil)) }
    return .success
  }
}

/// A deployment for people: a line, or with `isWhole` its arms and history too.
func rolloutText(_ row: JSONLeaves, isWhole: Bool) -> String {
  func value(_ name: String) -> String { row[name] ?? "-" }
  var lines = [
    "\(value("organization"))/\(value("deployment_id")) revision \(value("revision")): \(value("phase")), "
      + "\(value("percent")) % of \(value("candidate")) against \(value("baseline"))"
  ]
  if let reason = row["held_for"] { lines.append("  held: \(reason)") }
  guard isWhole else { return lines.joined(separator: "\n") }
  for arm in ["candidate_arm", "baseline_arm"] {
    let measures = row.members(of: arm).map { "\($0.name) \($0.value)" }.joined(separator: ", ")
    lines.append("  \(arm.replacing("_arm", with: "")): \(measures)")
  }
  for index in 0..<256 {
    guard let trigger = row["measurements.\(index).trigger"] else { break }
    let outcome = row["measurements.\(index).outcome"] ?? ""
    let samples = row["measurements.\(index).candidate_samples"] ?? "0"
    lines.append(
      "  \(trigger): \(outcome), \(row["measurements.\(index).value"] ?? "-") of \(samples) samples")
  }
  for index in 0..<64 {
    guard let at = row["history.\(index).at"] else { break }
    let by = row["history.\(index).by"].map { " (\($0))" } ?? ""
    lines.append(
      "  \(at) \(row["history.\(index).what"] ?? "")\(by): \(row["history.\(index).text"] ?? "")")
  }
  return lines.joined(separator: "\n")
}
