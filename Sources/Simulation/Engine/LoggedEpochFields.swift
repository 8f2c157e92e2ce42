// An epoch record as docs/epoch-records.md lays it out, read here once more: the oracle shares no code with
// the engine.
internal import Basics

struct LoggedEpochFields: Equatable {
  struct Input: Equatable {
    var topic: String
    var partition: Int32
    var first: Int64
    var next: Int64
    var skipped: Int64
    var read: Int64
    var folded: Int64
    var forwarded: Int64
    var setAside: [(reason: String, count: Int64)]

    static func == (a: Input, b: Input) -> Bool {
      a.topic == b.topic && a.partition == b.partition && a.first == b.first && a.next == b.next
    }
  }

  struct Malformed: Error {}

  var number: Int64
  var recordedTime: Int64
  var watermark: Int64
  var codeHash: UInt64
  var configurationHash: UInt64
  var outputHash: UInt64
  var stateHash: UInt64
  var inputs: [Input]
  var passedOver: Int

  init(decoding bytes: [UInt8]) throws(Malformed) {
    var fields = Fields(bytes: bytes)
    guard try fields.integer(UInt8.self) == 3 else { throw Malformed() }
    number = try fields.integer()
    recordedTime = try fields.integer()
    watermark = try fields.integer()
    codeHash = try fields.integer()
    configurationHash = try fields.integer()
    outputHash = try fields.integer()
    stateHash = try fields.integer()
    inputs = []
    for _ in 0..<(try fields.integer(UInt16.self)) { inputs.append(try fields.input()) }
    passedOver = Int(try fields.integer(UInt16.self))
    for _ in 0..<passedOver {
      _ = (try fields.name(), try fields.name(), try fields.integer(Int32.self))
    }
    guard fields.position == bytes.count else { throw Malformed() }
  }

  private struct Fields {
    let bytes: [UInt8]
    var position = 0

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) throws(Malformed)
      -> Value
    {
      let width = Value.bitWidth / 8
      guard position + width <= bytes.count else { throw Malformed() }
      defer { position += width }
      return bytes[position..<position + width].reversed().reduce(Value(0)) { value, byte in
        width == 1 ? Value(truncatingIfNeeded: byte) : value << 8 | Value(truncatingIfNeeded: byte)
      }
    }

    mutating func name() throws(Malformed) -> String {
      let count = Int(try integer(UInt16.self))
      guard count > 0, position + count <= bytes.count else { throw Malformed() }
      defer { position += count }
      return String(decoding: bytes[position..<position + count], as: UTF8.self)
    }

    mutating func input() throws(Malformed) -> Input {
      var input = Input(
        topic: try name(), partition: try integer(), first: try integer(), next: try integer(),
        skipped: try integer(), read: try integer(), folded: try integer(), forwarded: try integer(),
        setAside: [])
      for _ in 0..<(try integer(UInt16.self)) { input.setAside.append((try name(), try integer())) }
      return input
    }
  }
}
