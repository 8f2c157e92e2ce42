// What one side writes the other reads, in every version of every API.
import Basics
import Testing

@testable import BrokerProtocol

@Suite struct LayoutTests {
  @Test("a request read and written again is the same bytes", arguments: headers)
  func requestRoundTrip(header: RequestHeader) throws {
    for seed in UInt64(0)..<20 {
      let frame = try randomRequest(header, seed: seed)
      let (read, request) = try Request.decode(ByteSlice(frame))
      #expect(read == header)
      #expect(try requestFrame(read, body(of: request)) == frame, "seed \(seed)")
    }
  }

  @Test("a response read and written again is the same bytes", arguments: headers)
  func responseRoundTrip(header: RequestHeader) throws {
    func bytes(_ value: some WireValue) throws -> [UInt8] {
      var writer = WireWriter()
      var value = value
      try writer.frame(header) { wire throws(WireError) in try value.layout(&wire) }
      return flattened(writer)
    }
    func check(_ type: (some WireValue).Type, seed: UInt64) throws {
      let written = try bytes(try filled(type, header, seed: seed))
      var reader = WireReader(ByteSlice(written), at: 4, header: header)
      let read = try reader.value(type)
      #expect(reader.position == written.count)
      #expect(try bytes(read) == written, "seed \(seed)")
    }
    let type = messages.first { $0.key == header.key }!.response
    for seed in UInt64(0)..<20 { try check(type, seed: seed) }
  }

  @Test("every API of the table has its messages, and none is listed twice")
  func table() {
    #expect(messages.map(\.key) == APIKey.allCases)
    #expect(APIVersions.table.count == APIKey.allCases.count)
  }

  @Test("a text longer than the old form's length is cut, not written with a wrong length")
  func longText() {
    var writer = WireWriter()
    writer.append(text: String(repeating: "x", count: 40_000), compact: false)
    #expect(writer.bytes.count == 2 + Int(Int16.max))
  }

  private func body(of request: Request) -> any WireValue {
    Mirror(reflecting: request).children.first!.value as! any WireValue
  }
}

/// All bytes in the order they are sent.
func flattened(_ writer: WireWriter) -> [UInt8] {
  var sent: [UInt8] = []
  var done = 0
  for (position, chunk) in writer.payloads {
    sent += writer.bytes[done..<position]
    done = position
    if case .memory(let slice) = chunk { sent += slice.bytes }
  }
  return sent + writer.bytes[done...]
}
