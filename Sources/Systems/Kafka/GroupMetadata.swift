// By what right a transaction commits a group's offsets: as which member, of which generation.
internal import CRdKafka

/// A static member's place in one generation of its group. `GroupMember` makes it inside the rebalance, the
/// only moment at which librdkafka's own view cannot be ahead of what its user was told.
public struct GroupMetadata: Hashable, Sendable {
  public let group: String
  public let generation: Int32
  public let member: String
  public let instance: String

  /// nil without a group instance id or with a generation below 0: brokers accept both unfenced.
  init?(group: String, generation: Int32, member: String, instance: String?) {
    guard let instance, !instance.isEmpty, generation >= 0, !member.isEmpty else { return nil }
    self.group = group
    self.generation = generation
    self.member = member
    self.instance = instance
  }

  /// Reads librdkafka's serialized form, the only way to see what its metadata holds: a magic of 7 bytes, the
  /// generation in the machine's byte order, group and member each ended by a NUL, whether there is no
  /// instance, and the instance with its NUL.
  init?(serialized bytes: [UInt8]) {
    let magic = Array("CGMDv2:".utf8)
    guard bytes.starts(with: magic), bytes.count >= magic.count + 4 else { return nil }
    let number = bytes[magic.count..<magic.count + 4]
    let generation = number.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let rest = bytes[(magic.count + 4)...]
    guard let groupEnd = rest.firstIndex(of: 0),
      let memberEnd = rest[(groupEnd + 1)...].firstIndex(of: 0), memberEnd + 1 < rest.endIndex
    else { return nil }
    let tail = rest[(memberEnd + 2)...]
    let hasInstance = rest[memberEnd + 1] == 0
    self.init(
      group: String(decoding: rest[..<groupEnd], as: UTF8.self),
      generation: Int32(bitPattern: UInt32(littleEndian: generation)),
      member: String(decoding: rest[(groupEnd + 1)..<memberEnd], as: UTF8.self),
      instance: hasInstance ? String(decoding: tail.prefix { $0 != 0 }, as: UTF8.self) : nil)
  }

  /// What `client` believes right now.
  init?(of client: Client) {
    guard let metadata = unsafe rd_kafka_consumer_group_metadata(client.raw) else { return nil }
    defer { unsafe rd_kafka_consumer_group_metadata_destroy(metadata) }
    var buffer: UnsafeMutableRawPointer?
    var count = 0
    let error = unsafe rd_kafka_consumer_group_metadata_write(metadata, &buffer, &count)
    guard unsafe KafkaError(consuming: error) == nil, let buffer = unsafe buffer else { return nil }
    defer { unsafe rd_kafka_mem_free(nil, buffer) }
    self.init(serialized: unsafe [UInt8](UnsafeRawBufferPointer(start: buffer, count: count)))
  }

  /// librdkafka's form of it; the caller destroys it.
  func copy() -> OpaquePointer? {
    unsafe rd_kafka_consumer_group_metadata_new_with_genid(group, generation, member, instance)
  }
}
