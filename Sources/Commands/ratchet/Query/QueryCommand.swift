// ratchet query: what a projection says now, or what has been decided, read from its topic as anybody could.
import Basics
import Events
import Kafka
import Processors

extension Command {
  static let query = Command(
    name: "query", summary: "show what a projection says now, or what has been decided",
    operands: [Operand(name: "PROJECTION", summary: "its topic without prefix, such as experiment-tallies")],
    options: [
      prefixOption, Option(name: "org", value: "ORGANIZATION", summary: "only of this organization"),
      Option(name: "key", value: "KEY", summary: "only this record key, as the table shows it"),
      Option(name: "json", summary: "one JSON object a record, as it was published"),
    ] + BrokerConnection.options(isRequired: true),
    notes: """
      Of a projection the newest record of each key, of decisions all, in order. What is committed while it
      reads may be missing. docs/projections.md says how to read the same without this tool.
      """,
    run: runQuery)
}

private func runQuery(_ arguments: Arguments) throws -> ExitStatus {
  let name = arguments.text("PROJECTION") ?? ""
  guard let shape = shippedProjections.first(where: { $0.topic == name }) else {
    let names = shippedProjections.map(\.topic)
    throw UsageError(
      "there is no projection \"\(name)\"", at: "PROJECTION",
      next: didYouMean(name, among: names) ?? "there are \(names.joined(separator: ", "))")
  }
  guard let client = try BrokerConnection.configuration(arguments) else {
    throw UsageError("--bootstrap HOST:PORT is missing")
  }
  let prefix = arguments.text("prefix") ?? ""
  var rows = ProjectionRows(shape, organization: arguments.text("org"), key: arguments.text("key"))
  try readToEnd(of: shape.topic, prefix: prefix, client) { rows.take($0.key, $0.value) }
  print(arguments.flag("json") ? rows.jsonLines : rows.table)
  return .success
}

/// Lends every committed record of a topic's partitions up to their ends, a partition's in order.
func readToEnd(
  of topic: String, prefix: String, _ client: ClientConfiguration, _ body: (FollowedRecord) -> Void
) throws {
  let address = client["bootstrap.servers"] ?? ""
  let follower = try TopicFollower([topic], prefix: prefix, client)
  guard follower.partitionCount > 0 else {
    throw Diagnostic(
      "there is no topic \(prefix).\(topic)", at: .named(address),
      next: "is --prefix right? ratchet topics apply makes the topics")
  }
  // A person waits; a transaction that is open in front of the end may take its time.
  let patience = Duration.seconds(30)
  var last = ContinuousClock.now
  var (count, progress) = (0, Progress())
  while !follower.hasCaughtUp {
    do throws(KafkaError) {
      try follower.turn(.milliseconds(50)) { record in
        last = .now
        count += 1
        body(record)
      }
    } catch { throw brokerDiagnostic(error, "\(prefix).\(topic) cannot be read", at: address) }
    progress.tell("\(count) records of \(prefix).\(topic) read")
    guard ContinuousClock.now < last + patience else {
      throw Diagnostic(
        "\(prefix).\(topic) cannot be read to its end", at: .named(address),
        why: "a transaction has been open for \(age(patience)), or the broker does not answer")
    }
  }
}
