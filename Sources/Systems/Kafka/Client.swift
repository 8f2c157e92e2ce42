// The one place where librdkafka handles begin and end. Whatever still needs a handle (a queue, a batch of
// records) keeps its `Client`, so a handle is destroyed after the last of its parts: librdkafka waits for
// ever for a part not freed.
internal import Basics
internal import CRdKafka

/// One `rd_kafka_t`. Used on one thread, save that its last reference may go anywhere.
@safe final class Client {
  let raw: OpaquePointer
  /// What librdkafka calls back into; it lives until librdkafka's threads are gone.
  let callbacks: Callbacks

  init(
    _ kind: rd_kafka_type_t, _ configuration: ClientConfiguration, required: [String: String],
    events: ClientEvents
  ) throws(KafkaError) {
    callbacks = Callbacks(events)
    let conf = try unsafe configuration.build(required: required)
    unsafe callbacks.install(on: conf, kind)
    var text = ErrorText()
    guard let raw = unsafe text.written(by: { unsafe rd_kafka_new(kind, conf, $0, $1) }) else {
      unsafe rd_kafka_conf_destroy(conf)
      throw .configuration(Diagnostic(text.description, at: .named("librdkafka")))
    }
    unsafe self.raw = raw
  }

  deinit { unsafe rd_kafka_destroy_flags(raw, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE) }

  /// Serves callbacks, waiting up to `timeout` for the first.
  func serve(_ timeout: Duration) { _ = unsafe rd_kafka_poll(raw, timeout.clampedMilliseconds) }

  /// The fatal error that ended this handle, by its own code instead of the general one.
  var fatalError: KafkaError? {
    var text = ErrorText()
    let code = unsafe text.written { unsafe rd_kafka_fatal_error(raw, $0, $1) }
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
    let error = KafkaError(code, message: text.description)
    if case .fenced = error { return error }
    return .fatal(KafkaError.Cause(code, message: text.description))
  }

  /// The error of `code`, said as exactly as this handle knows it.
  func error(_ code: rd_kafka_resp_err_t, message: String? = nil) -> KafkaError {
    if code == RD_KAFKA_RESP_ERR__FATAL, let fatalError { return fatalError }
    return KafkaError(code, message: message)
  }

  /// The error of a code that librdkafka left behind for the last call on this thread.
  func lastError() -> KafkaError { error(rd_kafka_last_error()) }
}

/// librdkafka's way back into Swift.
@safe final class Callbacks {
  let events: ClientEvents
  /// Set only while a call that may rebalance runs.
  var rebalance: ((rd_kafka_resp_err_t, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Void)?

  /// Batches of which librdkafka holds addresses: they outlive it if it goes first.
  var lent: [ProduceBatch] = []

  init(_ events: ClientEvents) { self.events = events }

  func install(on conf: OpaquePointer, _ kind: rd_kafka_type_t) {
    unsafe rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(self).toOpaque())
    unsafe rd_kafka_conf_set_log_cb(conf, logged)
    unsafe rd_kafka_conf_set_error_cb(conf, failed)
    if kind == RD_KAFKA_PRODUCER { unsafe rd_kafka_conf_set_dr_msg_cb(conf, deliveryReported) }
    if kind == RD_KAFKA_CONSUMER { unsafe rd_kafka_conf_set_rebalance_cb(conf, rebalanced) }
    if events.statistics != nil { unsafe rd_kafka_conf_set_stats_cb(conf, measured) }
  }

  static func of(_ opaque: UnsafeMutableRawPointer?) -> Callbacks? {
    unsafe opaque.map { unsafe Unmanaged<Callbacks>.fromOpaque($0).takeUnretainedValue() }
  }
}

private nonisolated func logged(
  _ raw: OpaquePointer?, _ severity: Int32, _ facility: UnsafePointer<CChar>?, _ text: UnsafePointer<CChar>?
) {
  guard let raw = unsafe raw, let facility = unsafe facility, let text = unsafe text,
    let log = unsafe Callbacks.of(rd_kafka_opaque(raw))?.events.log
  else { return }
  unsafe log(
    ClientEvents.LogLine(
      severity: Int(severity), facility: String(cString: facility), message: String(cString: text)))
}

private nonisolated func failed(
  _ raw: OpaquePointer?, _ code: Int32, _ text: UnsafePointer<CChar>?, _ opaque: UnsafeMutableRawPointer?
) {
  guard let report = unsafe Callbacks.of(opaque)?.events.error else { return }
  report(
    KafkaError(rd_kafka_resp_err_t(rawValue: code), message: unsafe text.map { unsafe String(cString: $0) }))
}

private nonisolated func measured(
  _ raw: OpaquePointer?, _ json: UnsafeMutablePointer<CChar>?, _ count: Int,
  _ opaque: UnsafeMutableRawPointer?
) -> Int32 {
  if let json = unsafe json {
    unsafe Callbacks.of(opaque)?.events.statistics?(RawSpan(_unsafeStart: json, byteCount: count))
  }
  return 0  // librdkafka frees the text
}

extension Duration {
  /// Whole milliseconds as librdkafka's calls take them, never the -1 that means for ever.
  var clampedMilliseconds: Int32 { Int32(clamping: max(0, milliseconds)) }
}
