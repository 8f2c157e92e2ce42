// What a fold sees of the world besides its record and its state, and where it puts its outputs: their
// timestamps are the recorded time, their partitions follow from their keys.
public import Basics

/// The open epoch as a fold sees it. Nothing that is emitted is sent before the epoch is folded to its end.
public struct FoldContext: Sendable {
  /// An output topic as the brokers have it.
  struct Destination: Hashable, Sendable {
    var topic: String
    var partitions: Int32
    var recordBytesMax: Int
  }

  /// An output that does not fit its topic and that no record is to blame for.
  struct Oversized: Sendable {
    var topic: String
    var key: [UInt8]
    var byteCount: Int
  }

  let destinations: [Destination]
  @usableFromInline var records = OutboundRecords()
  /// Where the outputs of the record being folded begin.
  @usableFromInline var start = OutboundRecords.Mark()
  /// Something the record being folded emitted does not fit its topic.
  @usableFromInline var isOversized = false
  @usableFromInline var clock: RecordedTime
  /// The last record has been folded.
  private var isClosing = false
  private var oversized: [Oversized] = []

  init(_ destinations: [Destination], _ clock: RecordedTime) {
    self.destinations = destinations
    self.clock = clock
  }

  /// Recorded time: never goes back, from record to record and from epoch to epoch.
  @inlinable public var time: Timestamp { clock.now }

  /// Up to here everything that happened is taken to be known; never goes back either.
  @inlinable public var watermark: EventTime { clock.watermark }

  /// Emits a record to the processor's output number `output`, in the partition that Kafka's Java client
  /// gives its key. A nil value is a tombstone. False when it is too large for its topic: then nothing that
  /// this record emits is published and the record is set aside when the fold returns; at the epoch's end
  /// only this output is left out and named in quarantine.
  @discardableResult
  public mutating func emit(_ output: Int, key: RawSpan, value: RawSpan?) -> Bool {
    let destination = destinations[output]
    let byteCount = key.byteCount + (value?.byteCount ?? 0)
    guard byteCount <= destination.recordBytesMax else {
      refuse(key, byteCount, destination.topic)
      return false
    }
    let partition = unsafe key.withUnsafeBytes {
      unsafe murmur2Partition(ofKey: $0, of: destination.partitions)
    }
    records.append(to: output, partition, at: time, key: key, value: value)
    return true
  }

  /// Adds a header to the record emitted last; `name` is UTF-8 without NUL.
  public mutating func header(_ name: RawSpan, _ value: RawSpan?) {
    if !isOversized { records.appendHeader(name, value) }
  }

  private mutating func refuse(_ key: RawSpan, _ byteCount: Int, _ topic: String) {
    guard isClosing else {
      isOversized = true
      return
    }
    oversized.append(
      Oversized(topic: topic, key: key.copied, byteCount: byteCount))
  }

  mutating func takeOversized() -> [Oversized] {
    defer { oversized = [] }
    return oversized
  }

  @inlinable mutating func beginRecord() { start = records.mark }

  /// Behind the last record: recorded time comes to the epoch's end.
  @usableFromInline mutating func beginClose() {
    clock.closeEpoch()
    isClosing = true
  }

  /// Takes back what the record being folded has emitted.
  @usableFromInline mutating func takeBack() {
    records.rollBack(to: start)
    isOversized = false
  }
}
