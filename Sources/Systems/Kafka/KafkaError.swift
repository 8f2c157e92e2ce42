// What went wrong with Kafka, sorted by what the caller can do about it. Every failure of this module is one
// of these; which of them a code becomes is decided here and nowhere else, never by an error's text.
public import Basics
internal import CRdKafka

/// A failure of a Kafka client, named for the caller's next move.
public enum KafkaError: Error, Hashable, Sendable {
  /// Nothing is lost: the same call may be made again with the same arguments.
  case retry(Cause)
  /// The open transaction cannot commit: abort it, then begin another.
  case abortTransaction(Cause)
  /// Another client works under the same transactional id or group instance id; this handle will never work
  /// again.
  case fenced(Cause)
  /// This handle is of no more use: shut it down and make another.
  case fatal(Cause)
  /// The brokers refuse the request for a reason that repeating it does not change: a topic that does not
  /// exist, a record too large, a missing permission.
  case refused(Cause)
  /// The client's settings are wrong; a person has to change them.
  case configuration(Diagnostic)

  /// What librdkafka said.
  public struct Cause: Hashable, Sendable {
    /// Kafka's error code, or librdkafka's own when negative.
    public var code: Int32
    /// The code's name: `TOPIC_AUTHORIZATION_FAILED`; librdkafka's own codes begin with an underscore.
    public var name: String
    public var message: String
  }

  /// What librdkafka said; nil for settings that it never saw.
  public var cause: Cause? {
    switch self {
    case .retry(let cause), .abortTransaction(let cause), .fenced(let cause), .fatal(let cause),
      .refused(let cause):
      cause
    case .configuration: nil
    }
  }
}

extension KafkaError: CustomStringConvertible {
  public var description: String {
    if case .configuration(let diagnostic) = self { return diagnostic.description }
    return cause.map { "\($0.name): \($0.message)" } ?? ""
  }
}

extension KafkaError.Cause {
  init(_ code: rd_kafka_resp_err_t, message: String? = nil) {
    self.code = code.rawValue
    name = unsafe String(cString: rd_kafka_err2name(code))
    self.message = unsafe message ?? String(cString: rd_kafka_err2str(code))
  }
}

extension KafkaError {
  /// The error of a bare code, outside of any transaction's bookkeeping.
  init(_ code: rd_kafka_resp_err_t, message: String? = nil) {
    let cause = Cause(code, message: message)
    if fencedCodes.contains(code) {
      self = .fenced(cause)
    } else if retriableCodes.contains(code) {
      self = .retry(cause)
    } else if code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__DESTROY {
      self = .fatal(cause)
    } else {
      self = .refused(cause)
    }
  }

  /// The error that `object` holds, or nil when it is nil; frees it.
  init?(consuming object: OpaquePointer?) {
    guard let object = unsafe object else { return nil }
    defer { unsafe rd_kafka_error_destroy(object) }
    let code = unsafe rd_kafka_error_code(object)
    let cause = unsafe Cause(code, message: String(cString: rd_kafka_error_string(object)))
    if fencedCodes.contains(code) {
      self = .fenced(cause)
    } else if unsafe rd_kafka_error_is_fatal(object) != 0 {
      self = .fatal(cause)
    } else if unsafe rd_kafka_error_txn_requires_abort(object) != 0 {
      self = .abortTransaction(cause)
    } else if unsafe rd_kafka_error_is_retriable(object) != 0 || retriableCodes.contains(code) {
      self = .retry(cause)
    } else {
      self = .refused(cause)
    }
  }

  /// Throws unless `code` is success.
  static func check(_ code: rd_kafka_resp_err_t) throws(KafkaError) {
    if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code) }
  }

  /// Throws what `object` holds, unless it is nil; frees it.
  static func check(consuming object: OpaquePointer?) throws(KafkaError) {
    if let error = unsafe KafkaError(consuming: object) { throw error }
  }
}

/// Codes that only a second owner of the same identity brings about.
private let fencedCodes: [rd_kafka_resp_err_t] = [
  RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
  RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
]

/// Codes of passing trouble: an unreachable broker, a moving leader or coordinator, a full queue.
private let retriableCodes: [rd_kafka_resp_err_t] = [
  RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
  RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
  RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__RETRY, RD_KAFKA_RESP_ERR__WAIT_COORD,
  RD_KAFKA_RESP_ERR__IN_PROGRESS, RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS, RD_KAFKA_RESP_ERR__WAIT_CACHE,
  RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
  RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
  RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
  RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
  RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
  RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
  RD_KAFKA_RESP_ERR_NOT_CONTROLLER, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
  RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH,
  RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
  RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED,
]
