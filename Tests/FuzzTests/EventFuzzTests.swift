// Events that are wrong in any place, through the envelope, the decoder and the search for slips. A life is
// five hundred events; see RequestFuzzTests for how to live one again.
import Basics
import Events
import POSIX
import Testing

@Suite(.serialized, .timeLimit(.minutes(60))) struct EventFuzzTests {
  @Test(
    "no event ends, hangs or fattens a reader, whatever stands in it", arguments: Lives.portions(of: 100))
  func events(seeds: Range<UInt64>) async {
    await #expect(processExitsWith: .success) { [seeds] in
      let samples = try exampleEvents()
      var decoder = EventDecoder()
      try Lives.live(seeds) { seed in
        var random = SeededRandom(seed: seed)
        for _ in 0..<500 { read(changed(samples, &random), &decoder) }
      }
    }
  }
}

private func exampleEvents() throws -> [[UInt8]] {
  let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
  return try EventType.allCases.flatMap { type in
    try readWholeFile("\(root)/schemas/examples/\(type.rawValue).jsonl", limit: 1 << 20)
      .split(separator: UInt8(ascii: "\n")).map(Array.init)
  }
}

/// Values at the edges of what JSON, doubles and 64 bits hold.
private let telling = [
  "1e300", "-9223372036854775808", "9223372036854775808", "1e-400", "0.000000000000000000000001", "1e19",
  "-0",
  #""\ud83d\ude00""#, #""\ud83d\u0041""#, #""\ude00\ude00""#, #""\u0000""#, "null", "[]", "{}", "[[]]",
  #""9999-12-31T23:59:60.999999999999+23:59""#, #""0000-00-00T00:00:00Z""#,
].map { Array($0.utf8) }

/// The value behind one of the colons becomes a telling one.
private func replacingValue(in event: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
  let colons = event.indices.filter { event[$0] == UInt8(ascii: ":") }
  let colon = colons[random.int(in: 0..<colons.count)]
  let rest = event[(colon + 1)...]
  let end = rest.firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") } ?? event.endIndex
  return event[...colon] + telling[random.int(in: 0..<telling.count)] + event[end...]
}

/// Bytes changed anywhere, JSON's own marks put anywhere, values replaced, or two events cut into one.
private func changed(_ samples: [[UInt8]], _ random: inout SeededRandom) -> [UInt8] {
  var event = samples[random.int(in: 0..<samples.count)]
  switch random.int(in: 0..<5) {
  case 0: return mutation(of: event, &random)
  case 1:
    let other = samples[random.int(in: 0..<samples.count)]
    return Array(event.prefix(random.int(in: 0..<event.count)))
      + Array(other.suffix(random.int(in: 0..<other.count)))
  case 2: return replacingValue(in: event, &random)
  default:
    let marks = Array(#"{}[],:"\u-+.eE0123456789tfn "#.utf8) + [0xC3, 0xED, 0xA0, 0xF4]
    for _ in 0...random.int(in: 0..<4) {
      let place = random.int(in: 0..<event.count)
      let mark = marks[random.int(in: 0..<marks.count)]
      if random.chance(1, in: 2) { event[place] = mark } else { event.insert(mark, at: place) }
    }
    return event
  }
}

/// Reads all that can be read; what is refused must be told with a pointer into the event.
private func read(_ event: [UInt8], _ decoder: inout EventDecoder) {
  do throws(Violation) {
    let envelope = try Envelope(structured: unsafe event.span.bytes)
    _ = envelope.fieldSlips
    let decoded = try decoder.decode(envelope, from: nil)
    let key = decoded.key.string
    #expect(!key.isEmpty)
    if decoded.type == .executionCompleted {
      let fields = decoded.fields(ExecutionCompleted.self)
      for index in 0..<fields.count(.steps) {
        let hasName = fields.record(.steps, at: index, ExecutionStep.self).has(.toolName)
        #expect(hasName)
      }
      let id = fields.text(.executionID)?.string
      #expect(id?.isEmpty == false)
    }
  } catch {
    #expect(error.pointer.isEmpty || error.pointer.hasPrefix("/"))
    #expect((error.position ?? 0) <= event.count)
  }
}
