// Publishes events about deployments as any producer may: CloudEvents in binary mode, keyed by the
// deployment.
import Basics
import Kafka

/// A producer of deployment events, and of how an executor fares with them; each is known to be there when
/// `publish` returns.
struct DeploymentEventPublisher {
  private let producer: Producer
  private let topic: String
  private let telemetry: String
  private let partitions: [String: Int32]
  private let source: String

  private static let patience = Duration.seconds(30)

  init(_ client: ClientConfiguration, prefix: String, source: String) throws(Diagnostic) {
    (topic, telemetry) = ("\(prefix).deployment-events", "\(prefix).telemetry")
    self.source = source
    do throws(KafkaError) {
      partitions = try Admin(client, timeout: .seconds(15)).topics().mapValues { Int32($0.partitions.count) }
      producer = try Producer(client.setting(["enable.idempotence": "true"]))
    } catch {
      throw brokerDiagnostic(error, "no event can be published", at: client["bootstrap.servers"] ?? "")
    }
    for name in [topic, telemetry] where partitions[name] ?? 0 == 0 {
      throw Diagnostic("there is no such topic", at: .named(name), next: "ratchet topics apply makes it")
    }
  }

  /// `fields` are the event's data, values as JSON. The id makes a repetition recognizable.
  func publish(
    _ type: String, id: String, organization: String, agent: String = "", deployment: String,
    _ fields: [(name: String, json: String)], at time: Timestamp
  ) throws(Diagnostic) {
    let data = [(name: "deployment_id", json: quoted(deployment))] + fields
    try publish(
      type, id: id, organization: organization, agent: agent, key: deployment, data, to: topic, at: time)
  }

  /// A decision that could not be carried out, for the rule that tells people of it.
  func count(failure id: String, of executor: String, at time: Timestamp) throws(Diagnostic) {
    let data = [
      (name: "name", json: quoted("ratchet_executor_failures")), ("kind", quoted("counter")), ("value", "1"),
      ("job", quoted("executor")), ("instance", quoted(executor)),
    ]
    try publish(
      "measurement.taken", id: id, organization: "platform", agent: "", key: "platform", data, to: telemetry,
      at: time)
  }

  private func publish(
    _ type: String, id: String, organization: String, agent: String, key: String,
    _ fields: [(name: String, json: String)], to topic: String, at time: Timestamp
  ) throws(Diagnostic) {
    let batch = ProduceBatch(topic: topic)
    let data = Array("{\(fields.map { "\(quoted($0.name)):\($0.json)" }.joined(separator: ","))}".utf8)
    let keyBytes = Array(key.utf8)
    batch.append(
      to: murmur2Partition(ofKey: key, of: partitions[topic] ?? 1), key: unsafe keyBytes.span.bytes,
      value: unsafe data.span.bytes, timestamp: time)
    var headers = [
      ("ce_specversion", "1.0"), ("ce_id", id), ("ce_source", source), ("ce_type", type),
      ("ce_time", time.description), ("ce_organization", organization), ("content-type", "application/json"),
    ]
    if !agent.isEmpty { headers.append(("ce_agent", agent)) }
    for (name, value) in headers {
      let (name, value) = (Array(name.utf8), Array(value.utf8))
      batch.appendHeader(unsafe name.span.bytes, unsafe value.span.bytes)
    }
    do throws(KafkaError) {
      try producer.produce(batch, timeout: Self.patience)
      try producer.flush(Self.patience)
    } catch { throw brokerDiagnostic(error, "an event was not delivered", at: topic) }
    if let failure = batch.firstFailure {
      throw brokerDiagnostic(failure.error, "an event was not delivered", at: topic)
    }
  }
}

/// Text as JSON.
func quoted(_ text: String) -> String {
  var bytes: [UInt8] = []
  bytes.appendJSON(text)
  return String(decoding: bytes, as: UTF8.self)
}
