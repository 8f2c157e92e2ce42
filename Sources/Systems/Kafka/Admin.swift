// Asking and changing what brokers hold: topics, their settings, their offsets. Everything here is a request
// and its answer; nothing is created because it was asked about. `Admin+Topics.swift` and
// `Admin+Offsets.swift` hold the requests.
internal import Basics
internal import CRdKafka

/// An administrator's client, used on one thread. Every request takes `timeout` at most; `retry` may be sent
/// again.
public final class Admin {
  let client: Client
  let timeout: Duration

  public init(
    _ configuration: ClientConfiguration, timeout: Duration = .seconds(30),
    events: ClientEvents = ClientEvents()
  ) throws(KafkaError) {
    self.timeout = timeout
    client = try Client(
      RD_KAFKA_CONSUMER, configuration, required: ["allow.auto.create.topics": "false"], events: events)
  }

  /// The cluster's own id, by which data of one cluster is told from another's.
  public func clusterID() throws(KafkaError) -> String {
    guard let text = unsafe rd_kafka_clusterid(client.raw, timeout.clampedMilliseconds) else {
      throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, message: "no broker has told its cluster id")
    }
    defer { unsafe rd_kafka_mem_free(client.raw, text) }
    return unsafe String(cString: text)
  }

  /// Sends one request and reads its answer; the answer is gone when `read` returns.
  func request<Answer>(
    _ send: (_ options: OpaquePointer?, _ queue: OpaquePointer) -> Void,
    _ read: (_ answer: OpaquePointer) throws(KafkaError) -> Answer
  ) throws(KafkaError) -> Answer {
    let options = unsafe rd_kafka_AdminOptions_new(client.raw, RD_KAFKA_ADMIN_OP_ANY)
    defer { unsafe rd_kafka_AdminOptions_destroy(options) }
    var text = ErrorText()
    let code = unsafe text.written {
      unsafe rd_kafka_AdminOptions_set_request_timeout(options, timeout.clampedMilliseconds, $0, $1)
    }
    if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code, message: text.description) }
    let queue = Queue(client)
    unsafe send(options, queue.raw)
    // librdkafka answers every request, with a timeout if need be: a second more is its own delay.
    let patience = (timeout + .seconds(1)).clampedMilliseconds
    guard let event = unsafe rd_kafka_queue_poll(queue.raw, patience) else {
      throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT)
    }
    defer { unsafe rd_kafka_event_destroy(event) }
    client.serve(.zero)
    try unsafe check(rd_kafka_event_error(event), rd_kafka_event_error_string(event))
    return try unsafe read(event)
  }

  /// Throws a code that an answer carries, with its text.
  func check(_ code: rd_kafka_resp_err_t, _ text: UnsafePointer<CChar>?) throws(KafkaError) {
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
    throw client.error(code, message: unsafe text.map { unsafe String(cString: $0) })
  }
}
