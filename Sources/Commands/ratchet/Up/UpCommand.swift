// ratchet up: everything in one process. The embedded broker, the declared topics, and what to try next.
import Basics
import BrokerCore
import BrokerServer
import Kafka
import POSIX
import Topology

extension Command {
  static let up = Command(
    name: "up", summary: "start the embedded broker with all topics, and say what to try",
    options: brokerOptions(dataFallback: "ratchet-data") + topicOptions,
    notes: "Goes on with what the data folder holds. Ends with 0 after SIGTERM or SIGINT.",
    run: runUp)
}

private func runUp(_ arguments: Arguments) throws -> ExitStatus {
  // Before anything starts: a fault in the files is told without a broker having touched the disk.
  let (topics, prefix) = try declaredTopics(arguments)
  return try withBroker(arguments, service: "ratchet") { broker, log in
    let address = broker.endpoint.description
    log.info(
      "broker_started", "listening on \(address)",
      data: ["frames_replayed": .integer(Int64(broker.recovery.framesReplayed))])
    let connection = try TopicBroker(ClientConfiguration(["bootstrap.servers": address]))
    let plan = try applyTopics(topics, prefix: prefix, to: connection) { _ in }
    log.info(
      "topics_applied", "\(topics.count) topics are as declared",
      data: [
        "created": .integer(Int64(plan.creations.count)), "changed": .integer(Int64(plan.changes.count)),
      ])
    print(welcome(address: address, prefix: prefix, data: arguments.text("data") ?? ""))
    flushStandardOutput()
  }
}

private func welcome(address: String, prefix: String, data: String) -> String {
  """

  Ratchet is up: a Kafka broker on \(address), everything it holds in \(data).

    publish   echo '{"rating": 5}' | kcat -P -b \(address) -t \(prefix).feedback -k run-1
    read      kcat -C -b \(address) -t \(prefix).feedback -X isolation.level=read_committed -e
    topics    ratchet topics describe --bootstrap \(address)
    stop      Ctrl-C; start again with --data \(data) to go on

  """
}
