// An epoch record as bytes and back; the layout is told in docs/epoch-records.md. Decoding is strict: bytes
// that this version would not have written are refused, so equal records have equal bytes and their hashes
// can be compared.
internal import Basics

extension EpochRecord {
  /// The layout's version, its first byte.
  static let version: UInt8 = 3

  public func encoded() -> [UInt8] {
    var bytes: [UInt8] = [Self.version]
    bytes.append(integer: epoch.rawValue)
    bytes.append(integer: recordedTime.rawValue)
    bytes.append(integer: watermark.rawValue)
    for hash in [codeHash, configurationHash, outputHash, stateHash] { bytes.append(integer: hash) }
    bytes.append(integer: UInt16(inputs.count))
    for input in inputs { bytes.append(input) }
    bytes.append(integer: UInt16(passedOver.count))
    for upstream in passedOver {
      bytes.append(name: upstream.topic)
      bytes.append(name: upstream.processor)
      bytes.append(integer: upstream.task.rawValue)
    }
    return bytes
  }

  public init(decoding bytes: [UInt8]) throws(EpochRecordError) {
    var reader = EpochRecordReader(bytes)
    let version = try reader.integer(UInt8.self)
    guard version == Self.version else { throw .unknownVersion(version) }
    epoch = Epoch(try reader.integer(Int64.self))
    recordedTime = Timestamp(milliseconds: try reader.integer(Int64.self))
    watermark = EventTime(milliseconds: try reader.integer(Int64.self))
    codeHash = try reader.integer(UInt64.self)
    configurationHash = try reader.integer(UInt64.self)
    outputHash = try reader.integer(UInt64.self)
    stateHash = try reader.integer(UInt64.self)
    inputs = []
    for _ in 0..<(try reader.integer(UInt16.self)) {
      let input = try reader.input()
      if let last = inputs.last, last.partition >= input.partition { throw .invalid("inputs out of order") }
      inputs.append(input)
    }
    passedOver = []
    for _ in 0..<(try reader.integer(UInt16.self)) {
      let upstream = UpstreamTask(
        topic: try reader.name(), processor: try reader.name(),
        task: PartitionID(try reader.integer(Int32.self)))
      if let last = passedOver.last, last >= upstream { throw .invalid("upstream tasks out of order") }
      passedOver.append(upstream)
    }
    guard reader.isAtEnd else { throw .invalid("bytes behind the end") }
    guard epoch.rawValue >= 0 else { throw .invalid("a negative epoch") }
  }
}

/// Why bytes are no epoch record.
public enum EpochRecordError: Error, Hashable, Sendable {
  case truncated
  /// Written by a newer build, or not an epoch record at all.
  case unknownVersion(UInt8)
  case invalid(String)
}

extension [UInt8] {
  fileprivate mutating func append(_ input: EpochRecord.Input) {
    append(name: input.partition.topic)
    append(integer: input.partition.partition.rawValue)
    for offset in [input.first, input.next] { append(integer: offset.rawValue) }
    append(integer: input.skipped)
    let ledger = input.ledger
    for count in [ledger.read, ledger.folded, ledger.forwarded] { append(integer: count) }
    append(integer: UInt16(ledger.setAside.count))
    for (reason, count) in ledger.setAside.sorted(by: { $0.key < $1.key }) {
      append(name: reason.rawValue)
      append(integer: count)
    }
  }

  fileprivate mutating func append(name: String) {
    append(integer: UInt16(name.utf8.count))
    append(contentsOf: name.utf8)
  }
}

/// Reads the fields of an epoch record one after the other, never beyond its end.
private struct EpochRecordReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  mutating func integer<Integer: FixedWidthInteger>(_: Integer.Type) throws(EpochRecordError) -> Integer {
    let size = MemoryLayout<Integer>.size
    guard bytes.count - position >= size else { throw .truncated }
    var value: UInt64 = 0
    for index in (0..<size).reversed() { value = value << 8 | UInt64(bytes[position + index]) }
    position += size
    return Integer(truncatingIfNeeded: value)
  }

  mutating func name() throws(EpochRecordError) -> String {
    let count = Int(try integer(UInt16.self))
    guard bytes.count - position >= count else { throw .truncated }
    guard let name = String(validating: bytes[position..<position + count], as: UTF8.self), !name.isEmpty
    else { throw .invalid("a name that is empty or not UTF-8") }
    position += count
    return name
  }

  mutating func input() throws(EpochRecordError) -> EpochRecord.Input {
    let partition = TopicPartition(topic: try name(), partition: PartitionID(try integer(Int32.self)))
    let first = Offset(try integer(Int64.self))
    let next = Offset(try integer(Int64.self))
    let skipped = try integer(Int64.self)
    guard partition.partition.rawValue >= 0, .zero <= first, first <= next, 0 <= skipped,
      skipped <= first.rawValue
    else { throw .invalid("an impossible range of \(partition)") }
    let ledger = try ledger()
    guard ledger.read <= next - first else { throw .invalid("more records than offsets in \(partition)") }
    return EpochRecord.Input(partition, first: first, next: next, skipped: skipped, ledger: ledger)
  }

  private mutating func ledger() throws(EpochRecordError) -> Ledger {
    let read = try integer(Int64.self)
    let folded = try integer(Int64.self)
    let forwarded = try integer(Int64.self)
    var setAside: [SetAsideReason: Int64] = [:]
    var last: SetAsideReason?
    for _ in 0..<(try integer(UInt16.self)) {
      let reason = SetAsideReason(rawValue: try name())
      if let last, last >= reason { throw .invalid("reasons out of order") }
      setAside[reason] = try integer(Int64.self)
      last = reason
    }
    let ledger = Ledger(read: read, folded: folded, forwarded: forwarded, setAside: setAside)
    guard let ledger, !setAside.values.contains(0) else { throw .invalid("a ledger that does not balance") }
    return ledger
  }
}
