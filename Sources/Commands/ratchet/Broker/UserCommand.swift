// ratchet broker user: a user's line for the file that `ratchet broker --users` reads.
import Basics
import BrokerCore
import BrokerServer

extension Command {
  static let brokerUser = Command(
    name: "broker user", summary: "print a user's line, with the password from standard input",
    operands: [Operand(name: "NAME", summary: "as which clients sign on")],
    options: [
      Option(
        name: "read", value: "PREFIX", summary: "topics it may read, by how they begin; * is all",
        repeats: true),
      Option(
        name: "write", value: "PREFIX",
        summary: "topics it may write, create, change and delete; * is all", repeats: true),
      Option(
        name: "group", value: "PREFIX", summary: "consumer groups it may join, describe and delete; * is all",
        repeats: true),
      Option(
        name: "transactional-id", value: "PREFIX",
        summary: "transactional ids it may write under and describe; * is all", repeats: true),
    ],
    notes: """
      The first line of standard input is the password; the file holds it salted and hashed. Clients sign on
      by SCRAM-SHA-256 or PLAIN. The broker reads the file when it starts.
      """,
    run: runBrokerUser)
}

private func runBrokerUser(_ arguments: Arguments) throws -> ExitStatus {
  let name = arguments.text("NAME") ?? ""
  if let fault = User.fault(inName: name) { throw UsageError(fault, at: "NAME") }
  let input = try readText("/dev/stdin", limit: 4096)
  guard let password = input.split(whereSeparator: \.isNewline).first else {
    throw UsageError(
      "no password on standard input", next: "echo \"$PASSWORD\" | ratchet broker user \(name)")
  }
  let principal = Principal(
    name: name, reads: prefixes(arguments.all("read")), writes: prefixes(arguments.all("write")),
    groups: prefixes(arguments.all("group")),
    transactionalIDs: prefixes(arguments.all("transactional-id")))
  print(User(principal: principal, password: StoredPassword(String(password))).line)
  return .success
}

private func prefixes(_ given: [String]) -> NamePrefixes {
  NamePrefixes(given.map { $0 == "*" ? "" : $0 })
}
