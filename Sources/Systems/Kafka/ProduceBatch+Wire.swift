// The records of a batch as librdkafka's calls take them.
internal import Basics
internal import CRdKafka

extension ProduceBatch {
  /// Counts the next `count` records as handed over.
  func accept(_ count: Int) {
    accepted += count
    unsafe progress.pointee.pending += count
  }

  /// One record for `rd_kafka_produce_batch`, which knows neither times nor headers.
  func message(_ index: Int) -> rd_kafka_message_t {
    let entry = entries[index]
    var message = unsafe rd_kafka_message_t()
    unsafe message.partition = entry.partition.rawValue
    unsafe message.payload = pointer(entry.value)
    unsafe message.len = entry.value?.count ?? 0
    unsafe message.key = pointer(entry.key)
    unsafe message.key_len = entry.key?.count ?? 0
    unsafe message._private = slot(index)
    return unsafe message
  }

  /// One record as the arguments of `rd_kafka_produceva`; returns how many there are.
  func fill(
    _ arguments: inout [rd_kafka_vu_t], with index: Int, _ topic: OpaquePointer
  ) -> Int {
    let entry = entries[index]
    let most = 6 + entry.headers.count
    while unsafe arguments.count < most { unsafe arguments.append(rd_kafka_vu_t()) }
    unsafe arguments[0].vtype = RD_KAFKA_VTYPE_RKT
    unsafe arguments[0].u.rkt = topic
    unsafe arguments[1].vtype = RD_KAFKA_VTYPE_PARTITION
    unsafe arguments[1].u.i32 = entry.partition.rawValue
    unsafe arguments[2].vtype = RD_KAFKA_VTYPE_VALUE
    unsafe arguments[2].u.mem = .init(ptr: pointer(entry.value), size: entry.value?.count ?? 0)
    unsafe arguments[3].vtype = RD_KAFKA_VTYPE_KEY
    unsafe arguments[3].u.mem = .init(ptr: pointer(entry.key), size: entry.key?.count ?? 0)
    unsafe arguments[4].vtype = RD_KAFKA_VTYPE_OPAQUE
    unsafe arguments[4].u.ptr = slot(index)
    // Time 0 asks for the time of producing.
    unsafe arguments[5].vtype = RD_KAFKA_VTYPE_TIMESTAMP
    unsafe arguments[5].u.i64 = max(0, entry.timestamp.rawValue)
    var count = 6
    for header in headers[entry.headers] {
      let name = unsafe bytes.base + header.name.lowerBound
      unsafe arguments[count].vtype = RD_KAFKA_VTYPE_HEADER
      unsafe arguments[count].u.header = .init(
        name: name.assumingMemoryBound(to: CChar.self), val: pointer(header.value),
        size: header.value?.count ?? 0)
      count += 1
    }
    return count
  }

  /// nil for nil, and some address for what is empty: librdkafka tells them apart by that.
  private func pointer(_ range: Range<Int>?) -> UnsafeMutableRawPointer? {
    unsafe range.map { unsafe bytes.base + $0.lowerBound }
  }

  private func slot(_ index: Int) -> UnsafeMutableRawPointer? {
    unsafe slots.baseAddress.map { unsafe UnsafeMutableRawPointer($0 + index) }
  }
}
