// One record as it came from Kafka, read in place: its bytes stay librdkafka's and are gone with its batch.
public import Basics
internal import CRdKafka

/// A record of a `ConsumeBatch`, borrowed from it: the compiler keeps it and its bytes from outliving the
/// batch.
@safe public struct ConsumedRecord: ~Escapable {
  public let partition: PartitionID
  public let offset: Offset
  /// When its producer stamped it, or the broker when the topic says so.
  public let timestamp: Timestamp
  @usableFromInline let keyStart: UnsafeRawPointer?
  @usableFromInline let keyCount: Int
  @usableFromInline let valueStart: UnsafeRawPointer?
  @usableFromInline let valueCount: Int
  private let message: UnsafePointer<rd_kafka_message_t>

  /// `message` holds a record, not an error, and lives as long as `batch`.
  @_lifetime(borrow batch)
  init(_ message: UnsafePointer<rd_kafka_message_t>, of batch: borrowing ConsumeBatch) {
    let fields = unsafe message.pointee
    unsafe self.message = message
    partition = unsafe PartitionID(fields.partition)
    offset = unsafe Offset(fields.offset)
    timestamp = unsafe Timestamp(milliseconds: rd_kafka_message_timestamp(message, nil))
    unsafe keyStart = UnsafeRawPointer(fields.key)
    keyCount = unsafe fields.key_len
    unsafe valueStart = UnsafeRawPointer(fields.payload)
    valueCount = unsafe fields.len
  }

  /// nil when the record has no key, which is not the same as an empty one.
  @inlinable public var key: RawSpan? {
    @_lifetime(copy self)
    get {
      guard let start = unsafe keyStart else { return nil }
      return unsafe _overrideLifetime(RawSpan(_unsafeStart: start, byteCount: keyCount), copying: self)
    }
  }

  /// nil is a tombstone: on a compacted topic it deletes the key.
  @inlinable public var value: RawSpan? {
    @_lifetime(copy self)
    get {
      guard let start = unsafe valueStart else { return nil }
      return unsafe _overrideLifetime(RawSpan(_unsafeStart: start, byteCount: valueCount), copying: self)
    }
  }
}

// Headers are parsed by librdkafka when first asked for; a record whose headers nobody reads pays nothing.
extension ConsumedRecord {
  /// The value of the last header of that name; nil when there is none or its value is null.
  @_lifetime(copy self)
  public func header(_ name: StaticString) -> RawSpan? {
    var value: UnsafeRawPointer?
    var count = 0
    guard let headers = unsafe headers,
      unsafe rd_kafka_header_get_last(headers, name.utf8CString, &value, &count)
        == RD_KAFKA_RESP_ERR_NO_ERROR,
      let start = unsafe value
    else { return nil }
    return unsafe _overrideLifetime(RawSpan(_unsafeStart: start, byteCount: count), copying: self)
  }

  /// Lends every header in order: its name's UTF-8 and its value, nil when null.
  public func forEachHeader(_ body: (_ name: RawSpan, _ value: RawSpan?) -> Void) {
    guard let headers = unsafe headers else { return }
    var index = 0
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var count = 0
    while unsafe rd_kafka_header_get_all(headers, index, &name, &value, &count)
      == RD_KAFKA_RESP_ERR_NO_ERROR, let text = unsafe name
    {
      let nameSpan = unsafe RawSpan(_unsafeStart: text, byteCount: lengthOfCString(text))
      if let start = unsafe value {
        unsafe body(nameSpan, RawSpan(_unsafeStart: start, byteCount: count))
      } else {
        body(nameSpan, nil)
      }
      index += 1
    }
  }

  private var headers: OpaquePointer? {
    var headers: OpaquePointer?
    guard unsafe rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
    return unsafe headers
  }
}

private func lengthOfCString(_ text: UnsafePointer<CChar>) -> Int {
  var count = 0
  while unsafe text[count] != 0 { count += 1 }
  return count
}

extension StaticString {
  /// A static string's bytes end with a NUL.
  fileprivate var utf8CString: UnsafePointer<CChar> {
    precondition(hasPointerRepresentation, "a header's name is a string literal")
    return unsafe UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
  }
}
