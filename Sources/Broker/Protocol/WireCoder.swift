// How messages are laid out on the wire (https://kafka.apache.org/protocol). Each message lists its fields
// once, in the wire's order, and a coder goes through the list: WireReader fills the fields, WireWriter
// writes them. Fields that a version lacks are left out of its list. From a version on a layout is flexible
// (KIP-482): lengths become varints, and every structure ends with tagged fields, none of which this broker
// needs.
internal import Basics

/// A structure with a layout; `init()` gives what the fields hold in versions that lack them.
protocol WireValue: Sendable {
  init()
  mutating func layout(_ wire: inout some WireCoder) throws(WireError)
}

/// Goes through a message's fields in order, in one of the two directions.
protocol WireCoder {
  var key: APIKey { get }
  var version: Int16 { get }

  mutating func field<Integer: FixedWidthInteger>(_ value: inout Integer) throws(WireError)
  mutating func field(_ text: inout String) throws(WireError)
  mutating func field(_ text: inout String?) throws(WireError)
  mutating func field(_ bytes: inout ByteSlice) throws(WireError)
  mutating func field(_ bytes: inout ByteSlice?) throws(WireError)
  mutating func field<Element: WireValue>(_ elements: inout [Element]) throws(WireError)
  mutating func field<Element: WireValue>(_ elements: inout [Element]?) throws(WireError)
  /// Record batches: nullable bytes that are sent from wherever they lie.
  mutating func records(_ chunks: inout [PayloadChunk]) throws(WireError)
  /// The end of a structure: tagged fields if the layout is flexible, else nothing.
  mutating func tags() throws(WireError)
  /// Refuses a value that the protocol does not define; only reading can meet one.
  func invalid(_ what: String) -> WireError
}

extension WireCoder {
  mutating func field<Value: RawRepresentable>(
    _ value: inout Value
  ) throws(WireError) where Value.RawValue: FixedWidthInteger {
    var raw = value.rawValue
    try field(&raw)
    guard let known = Value(rawValue: raw) else { throw invalid("\(Value.self) \(raw)") }
    value = known
  }

  mutating func field(_ flag: inout Bool) throws(WireError) {
    var byte: Int8 = flag ? 1 : 0
    try field(&byte)
    flag = byte != 0
  }

  mutating func field(_ id: inout TopicID) throws(WireError) {
    try field(&id.high)
    try field(&id.low)
  }

  /// A time span in milliseconds of 32 bits.
  mutating func field(_ duration: inout Duration) throws(WireError) {
    var milliseconds = Int32(clamping: duration.milliseconds)
    try field(&milliseconds)
    duration = .milliseconds(milliseconds)
  }

  /// A field that says nothing here: written as `value`, and passed over in reading.
  mutating func constant<Integer: FixedWidthInteger>(_ value: Integer) throws(WireError) {
    var ignored = value
    try field(&ignored)
  }

  /// A nullable text that says nothing here: written as null, and passed over in reading.
  mutating func nullText() throws(WireError) {
    var ignored: String?
    try field(&ignored)
  }

  /// A text that says nothing here where null is not allowed.
  mutating func emptyText() throws(WireError) {
    var ignored = ""
    try field(&ignored)
  }

  /// What the client may do: Kafka's word for "not said".
  mutating func authorizedOperations() throws(WireError) { try constant(Int32.min) }

  /// For how long the client is throttled: this broker never does.
  mutating func throttleTime(since first: Int16 = 0) throws(WireError) {
    if version >= first { try constant(Int32(0)) }
  }
}

extension Int32: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) { try wire.field(&self) }
}

extension String: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) { try wire.field(&self) }
}

extension PartitionID: WireValue {
  init() { self.init(0) }
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) { try wire.field(&self) }
}

extension ProducerID: WireValue {
  init() { self = .none }
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) { try wire.field(&self) }
}

extension TopicEntry: WireValue where Partition: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&name)
    try wire.field(&partitions)
    try wire.tags()
  }
}

extension PartitionError: WireValue {
  mutating func layout(_ wire: inout some WireCoder) throws(WireError) {
    try wire.field(&partition)
    try wire.field(&error)
    try wire.tags()
  }
}
