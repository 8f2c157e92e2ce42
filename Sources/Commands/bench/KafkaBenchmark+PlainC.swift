// The speed of light: what a C program would do with librdkafka, call for call.
import CRdKafka

extension Load {
  struct Failed: Error { var what: String }

  private func client(_ kind: rd_kafka_type_t, _ settings: [String: String]) throws -> OpaquePointer {
    let conf = unsafe rd_kafka_conf_new()
    for (name, value) in self.settings(settings) { unsafe rd_kafka_conf_set(conf, name, value, nil, 0) }
    if kind == RD_KAFKA_PRODUCER { unsafe rd_kafka_conf_set_dr_msg_cb(conf, reported) }
    guard let client = unsafe rd_kafka_new(kind, conf, nil, 0) else { throw Failed(what: "rd_kafka_new") }
    return unsafe client
  }

  /// Values are copied by librdkafka, since a program that reuses its buffers needs that.
  func produceInC(_ topic: String, timestamps: Bool) throws -> Measurement {
    let client = try unsafe client(RD_KAFKA_PRODUCER, Load.producer)
    let handle = unsafe rd_kafka_topic_new(client, topic, nil)
    let delivered = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
    unsafe delivered.initialize(to: 0)
    defer {
      unsafe rd_kafka_topic_destroy(handle)
      unsafe rd_kafka_destroy(client)
      unsafe delivered.deallocate()
    }
    var value = value
    let name = "produce \(timestamps ? "timestamped" : "batch"), plain C"
    return unsafe value.withUnsafeMutableBytes { value in
      Measurement.of(name, count: count) {
        if timestamps {
          unsafe produceTimed(client, handle, value, delivered)
        } else {
          unsafe produceBatches(client, handle, value, delivered)
        }
        unsafe rd_kafka_flush(client, 60_000)
        return unsafe delivered.pointee
      }
    }
  }

  private func produceBatches(
    _ client: OpaquePointer, _ topic: OpaquePointer?, _ value: UnsafeMutableRawBufferPointer,
    _ delivered: UnsafeMutablePointer<UInt64>
  ) {
    var keys = (0..<Load.batchSize).map { UInt64($0) }
    var messages = unsafe [rd_kafka_message_t](repeating: rd_kafka_message_t(), count: Load.batchSize)
    for start in stride(from: 0, to: count, by: Load.batchSize) {
      let size = min(Load.batchSize, count - start)
      unsafe keys.withUnsafeMutableBytes { keys in
        for index in 0..<size {
          let key = unsafe keys.baseAddress! + 8 * index
          unsafe key.storeBytes(of: UInt64(start + index), as: UInt64.self)
          unsafe messages[index].payload = value.baseAddress
          unsafe messages[index].len = value.count
          unsafe messages[index].key = key
          unsafe messages[index].key_len = 8
          unsafe messages[index]._private = UnsafeMutableRawPointer(delivered)
        }
        let flags = RD_KAFKA_MSG_F_PARTITION | RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK
        unsafe rd_kafka_produce_batch(topic, 0, flags, &messages, Int32(size))
      }
      unsafe rd_kafka_poll(client, 0)
    }
  }

  private func produceTimed(
    _ client: OpaquePointer, _ topic: OpaquePointer?, _ value: UnsafeMutableRawBufferPointer,
    _ delivered: UnsafeMutablePointer<UInt64>
  ) {
    var arguments = unsafe [rd_kafka_vu_t](repeating: rd_kafka_vu_t(), count: 7)
    let types = [
      RD_KAFKA_VTYPE_RKT, RD_KAFKA_VTYPE_PARTITION, RD_KAFKA_VTYPE_VALUE, RD_KAFKA_VTYPE_KEY,
      RD_KAFKA_VTYPE_OPAQUE, RD_KAFKA_VTYPE_TIMESTAMP, RD_KAFKA_VTYPE_MSGFLAGS,
    ]
    for (index, type) in types.enumerated() { unsafe arguments[index].vtype = type }
    unsafe arguments[0].u.rkt = topic
    unsafe arguments[1].u.i32 = 0
    unsafe arguments[2].u.mem = .init(ptr: value.baseAddress, size: value.count)
    unsafe arguments[4].u.ptr = UnsafeMutableRawPointer(delivered)
    unsafe arguments[6].u.i = RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK
    for index in 0..<count {
      var key = UInt64(index)
      unsafe withUnsafeMutableBytes(of: &key) { key in
        unsafe arguments[3].u.mem = .init(ptr: key.baseAddress, size: 8)
        unsafe arguments[5].u.i64 = 1_700_000_000_000 + Int64(index)
        unsafe rd_kafka_error_destroy(rd_kafka_produceva(client, arguments, arguments.count))
      }
      if index % Load.batchSize == 0 { unsafe rd_kafka_poll(client, 0) }
    }
  }

  /// The hash depends on the order in which partitions' records come when there are several.
  func consumeInC(_ topic: String, partitions: Int32 = 1, batch size: Int) throws -> Measurement {
    let client = try unsafe client(RD_KAFKA_CONSUMER, Load.consumer)
    let handle = unsafe rd_kafka_topic_new(client, topic, nil)
    let queue = unsafe rd_kafka_queue_new(client)
    for partition in 0..<partitions {
      unsafe rd_kafka_consume_start_queue(handle, partition, Int64(RD_KAFKA_OFFSET_BEGINNING), queue)
    }
    defer {
      for partition in 0..<partitions { unsafe rd_kafka_consume_stop(handle, partition) }
      unsafe rd_kafka_queue_destroy(queue)
      unsafe rd_kafka_topic_destroy(handle)
      unsafe rd_kafka_destroy(client)
    }
    var messages = unsafe [UnsafeMutablePointer<rd_kafka_message_t>?](repeating: nil, count: size)
    return Measurement.of("consume \(size == 1 ? "one by one" : "batch"), plain C", count: count) {
      var (hash, seen) = (UInt64(0), 0)
      while seen < count {
        // A batch call that may wait does so until the batch is full.
        let taken = unsafe rd_kafka_consume_batch_queue(queue, size == 1 ? 100 : 0, &messages, size)
        if taken == 0, size > 1 { unsafe rd_kafka_poll(client, 1) }
        for index in 0..<taken {
          guard let message = unsafe messages[index] else { continue }
          if unsafe message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR,
            let value = unsafe message.pointee.payload
          {
            seen += 1
            hash = unsafe Load.mixed(
              hash, offset: message.pointee.offset, count: message.pointee.len,
              first: value.load(as: UInt8.self))
          }
          unsafe rd_kafka_message_destroy(message)
        }
      }
      return hash
    }
  }
}

private nonisolated func reported(
  _ raw: OpaquePointer?, _ message: UnsafePointer<rd_kafka_message_t>?, _ opaque: UnsafeMutableRawPointer?
) {
  guard let message = unsafe message, unsafe message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else { return }
  unsafe message.pointee._private?.assumingMemoryBound(to: UInt64.self).pointee += 1
}
