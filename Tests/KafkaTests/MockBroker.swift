// librdkafka's mock cluster: brokers inside the test's process that fail on request. It is not honest about
// transactions (no fencing, no control markers), so what needs honesty runs against `TestBroker` instead.
import CRdKafka
import Kafka

/// A mock cluster of one broker; its address serves any client of this process.
@safe final class MockBroker: @unchecked Sendable {
  // Unchecked: the mock cluster guards itself, and the pointers never change.
  let bootstrap: String
  private let host: OpaquePointer
  private let cluster: OpaquePointer

  init() throws {
    let conf = unsafe rd_kafka_conf_new()
    unsafe rd_kafka_conf_set_log_cb(conf, nil)
    guard let host = unsafe rd_kafka_new(RD_KAFKA_PRODUCER, conf, nil, 0),
      let cluster = unsafe rd_kafka_mock_cluster_new(host, 1),
      let bootstrap = unsafe rd_kafka_mock_cluster_bootstraps(cluster)
    else { throw Unavailable() }
    unsafe self.host = host
    unsafe self.cluster = cluster
    self.bootstrap = unsafe String(cString: bootstrap)
  }

  deinit {
    unsafe rd_kafka_mock_cluster_destroy(cluster)
    unsafe rd_kafka_destroy(host)
  }

  struct Unavailable: Error {}

  func createTopic(_ name: String, partitions: Int32 = 1) {
    unsafe rd_kafka_mock_topic_create(cluster, name, partitions, 1)
  }

  /// The next requests of a kind (Kafka's API key) are answered with these errors, one each.
  func fail(_ api: Request, with errors: [rd_kafka_resp_err_t]) {
    unsafe rd_kafka_mock_push_request_errors_array(cluster, api.rawValue, errors.count, errors)
  }

  /// Kafka's API keys.
  enum Request: Int16 {
    case produce = 0, fetch = 1, initProducerID = 22, addPartitions = 24, addOffsets = 25, endTransaction = 26
    case commitTransactionOffsets = 28
  }

  func goDown() { unsafe rd_kafka_mock_broker_set_down(cluster, 1) }
  func comeUp() { unsafe rd_kafka_mock_broker_set_up(cluster, 1) }

  /// Settings of a client of this broker, made for short tests.
  func client(_ more: [String: String] = [:]) -> ClientConfiguration {
    ClientConfiguration(["bootstrap.servers": bootstrap]).setting(more)
  }
}
