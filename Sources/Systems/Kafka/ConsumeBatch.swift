// A batch of records on loan from librdkafka. One batch is filled again and again, so reading allocates
// nothing per record; what it holds is given back when it is filled anew, cleared or gone.
internal import CRdKafka

/// Room for up to `capacity` records of one partition, filled by `PartitionQueue.read`.
@safe public struct ConsumeBatch: ~Copyable {
  public let capacity: Int
  /// How many records it holds, in offset order.
  public private(set) var count = 0
  private let messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
  /// Keeps the client of the records: librdkafka frees them through it.
  private var owner: Client?

  public init(capacity: Int) {
    precondition(capacity > 0, "a batch without room")
    self.capacity = capacity
    unsafe messages = .allocate(capacity: capacity)
    unsafe messages.initialize(repeating: nil, count: capacity)
  }

  deinit {
    for index in 0..<count { unsafe rd_kafka_message_destroy(messages[index]) }
    unsafe messages.deallocate()
  }

  public var isEmpty: Bool { count == 0 }

  public subscript(index: Int) -> ConsumedRecord {
    @_lifetime(borrow self)
    get {
      precondition(index >= 0 && index < count, "a record outside its batch")
      guard let message = unsafe messages[index] else { preconditionFailure("a record without a message") }
      return unsafe ConsumedRecord(message, of: self)
    }
  }

  /// Gives its records back to librdkafka.
  public mutating func clear() {
    giveBack()
    owner = nil
  }

  private mutating func giveBack() {
    for index in 0..<count { unsafe rd_kafka_message_destroy(messages[index]) }
    count = 0
  }

  /// Takes what waits in `queue`, without waiting; a batch that is not full afterwards has emptied it. Errors
  /// are read before payloads and never become records; `see` is shown every message in its place, and which
  /// of them are records.
  mutating func take(
    from queue: Queue, see: (_ isRecord: Bool, UnsafePointer<rd_kafka_message_t>) -> Void
  ) throws(KafkaError) {
    giveBack()
    // Only once as a rule: a batch is filled from the same client again and again.
    if owner !== queue.client { owner = queue.client }
    while count < capacity {
      let room = capacity - count
      let start = unsafe messages + count
      let taken = unsafe rd_kafka_consume_batch_queue(queue.raw, 0, start, room)
      guard taken >= 0 else { throw queue.client.lastError() }
      unsafe keepRecords(of: UnsafeBufferPointer(start: start, count: taken), see)
      if taken < room { return }
    }
  }

  /// Moves the records among `taken`, which lie behind those it holds, up to them; destroys the rest.
  private mutating func keepRecords(
    of taken: UnsafeBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?>,
    _ see: (_ isRecord: Bool, UnsafePointer<rd_kafka_message_t>) -> Void
  ) {
    for index in taken.indices {
      guard let message = unsafe taken[index] else { continue }
      let isRecord = unsafe message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR
      unsafe see(isRecord, message)
      if isRecord {
        unsafe messages[count] = unsafe message
        count += 1
      } else {
        unsafe rd_kafka_message_destroy(message)
      }
    }
  }
}
