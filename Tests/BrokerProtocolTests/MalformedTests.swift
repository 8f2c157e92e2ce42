// Bytes that are no request: refused by a typed error, whatever they are.
import Basics
import Testing

@testable import BrokerProtocol

@Suite struct MalformedTests {
  @Test("a request that ends early is refused wherever it ends", arguments: headers)
  func truncated(header: RequestHeader) throws {
    let frame = try randomRequest(header, seed: 1)
    for count in 0..<frame.count {
      #expect(throws: WireError.self) { try Request.decode(ByteSlice(Array(frame[..<count]))) }
    }
  }

  @Test("no change of a request's bytes traps the reader", arguments: headers)
  func mutated(header: RequestHeader) throws {
    var random = SeededRandom(seed: UInt64(header.key.rawValue) << 8 | UInt64(header.version))
    for seed in UInt64(0)..<40 {
      let frame = try randomRequest(header, seed: seed)
      for _ in 0..<25 { _ = try? Request.decode(ByteSlice(mutation(of: frame, &random))) }
    }
  }

  @Test("a count of two billion in a frame of a few bytes is refused before anything is allocated")
  func hugeCount() throws {
    let header = RequestHeader(key: .metadata, version: 1)
    let body: [UInt8] = [0x7F, 0xFF, 0xFF, 0xFF]
    #expect(throws: WireError.truncated(at: 14)) {
      try Request.decode(ByteSlice(start(of: header) + body))
    }
  }

  @Test("a frame may not unfold to more than a million elements")
  func tooManyElements() throws {
    let count: UInt32 = 1_100_000
    var frame = start(of: RequestHeader(key: .metadata, version: 1))
    frame += (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
    frame += [UInt8](repeating: 0, count: Int(count) * 2)
    #expect(throws: WireError.self) { try Request.decode(ByteSlice(frame)) }
  }

  @Test("an api key nobody knows and a version that is not served are told apart")
  func unknown() throws {
    #expect(throws: WireError.unknownAPI(key: 999)) {
      try Request.decode(ByteSlice([0x03, 0xE7, 0, 0, 0, 0, 0, 1]))
    }
    let header = RequestHeader(key: .apiVersions, version: 77, correlationID: 5)
    #expect(throws: WireError.unsupportedVersion(header)) {
      try Request.decode(ByteSlice([0, 18, 0, 77, 0, 0, 0, 5, 0xFF]))
    }
  }

  @Test("a text that is not UTF-8, and null where a text must be, are refused")
  func texts() throws {
    let start = start(of: RequestHeader(key: .findCoordinator, version: 0))
    #expect(throws: WireError.self) { try Request.decode(ByteSlice(start + [0, 2, 0xC3, 0x28])) }
    #expect(throws: WireError.self) { try Request.decode(ByteSlice(start + [0xFF, 0xFF])) }
    #expect(throws: WireError.self) { try Request.decode(ByteSlice(start + [0x80, 0x00])) }
  }

  @Test("tagged fields that are not known are passed over")
  func tags() throws {
    // Heartbeat 4: header tags {3: 2 bytes}, group "g", generation 1, member "m", no instance, tags {0: 1
    // byte}.
    let frame: [UInt8] = [
      0, 12, 0, 4, 0, 0, 0, 9, 0, 1, 0x63, 1, 3, 2, 0xAA, 0xBB,
      2, 0x67, 0, 0, 0, 1, 2, 0x6D, 0, 1, 0, 1, 0xCC,
    ]
    guard case .heartbeat(let request) = try Request.decode(ByteSlice(frame)).request else {
      Issue.record("not a heartbeat")
      return
    }
    #expect((request.groupID, request.generation, request.memberID) == ("g", 1, "m"))
  }

  /// The header's bytes, with an empty client.
  private func start(of header: RequestHeader) -> [UInt8] {
    [0, UInt8(header.key.rawValue), 0, UInt8(header.version), 0, 0, 0, 0, 0, 0]
  }

  /// One to three bytes changed to anything, or to what lengths are made of, and sometimes the tail cut off.
  private func mutation(of frame: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var frame = frame
    for _ in 0...random.int(in: 0..<3) {
      let telling: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF, UInt8(truncatingIfNeeded: random.next())]
      frame[random.int(in: 0..<frame.count)] = telling[random.int(in: 0..<telling.count)]
    }
    if random.chance(1, in: 3) { frame.removeLast(random.int(in: 0..<frame.count)) }
    return frame
  }
}
