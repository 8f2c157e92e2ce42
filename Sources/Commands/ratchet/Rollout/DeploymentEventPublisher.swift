// Publishes events about deployments as any producer may: CloudEvents in binary mode, keyed by the
// deployment.
import Basics
import Kafka

/// A producer of deployment events; each is known to be there when `publish` returns.
struct DeploymentEventPublisher {
  private let producer: Producer
  private let topic: String
  private let partitions: Int32
  private let source: String

  private static let patience = Duration.seconds(30)

  init(_ client: ClientConfiguration, prefix: String, source: String) throws(Diagnostic) {
    topic = "\(prefix).deployment-events"
    self.source = source
    do throws(KafkaError) {
      let there = try Admin(client, timeout: .seconds(15)).topics()
      partitions = Int32(there[topic]?.partitions.count ?? 0)
      producer = try Producer(client.setting(["enable.idempotence": "true"]))
    } catch {
      throw brokerDiagnostic(error, "no event can be published", at: client["bootstrap.servers"] ?? "")
    }
    guard partitions > 0 else {
      throw Diagnostic("there is no such topic", at: .named(topic), next: "ratchet topics apply makes it")
    }
  }

  /// `fields` are the event's data, values as JSON. The id makes a repetition recognizable.
  func publish(
    _ type: String, id: String, organization: String, agent: String = "", deployment: String,
    _ fields: [(name: String, json: String)], at time: Timestamp
  ) throws(Diagnostic) {
    let batch = ProduceBatch(topic: topic)
    var data: [UInt8] = [UInt8(ascii: "{")]
    data.appendJSON("deployment_id")
    data.append(UInt8(ascii: ":"))
    data.appendJSON(deployment)
    for field in fields {
      data.append(UInt8(ascii: ","))
      data.appendJSON(field.name)
      data.append(contentsOf: ":\(field.json)".utf8)
    }
    data.append(UInt8(ascii: "}"))
    let key = Array(deployment.utf8)
    batch.append(
      to: murmur2Partition(ofKey: deployment, of: partitions), key: unsafe key.span.bytes,
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
