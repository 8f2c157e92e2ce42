// Parsers of what strangers write, under seeded mutations: they may refuse, never trap, and what they
// accept can be evaluated. RATCHET_LIVES times a thousand of each.
import Alerts
import Basics
import Foundation
import Metrics
import Testing

@Suite struct MutationTests {
  private static let count =
    1000 * (ProcessInfo.processInfo.environment["RATCHET_LIVES"].flatMap { Int($0) } ?? 3)

  private let pieces = [
    "(", ")", "{", "}", "[", "]", "[5m]", "[1h:1m]", " offset ", "-", "+", "^", "@", " by (a)", " on(a) ",
    "group_left", "bool ",
    "\"", "'", "`", "\\", "9", "1e400", "0x", "5m", "292y", "sum", "topk(", "rate(", "NaN", "Inf", "#", "\n",
    "é", "\u{0}", ",",
    "=~\"(a*)*\"", "{{", "}}", "{{ range ", "{{ end }}", "{{ if ", "$x", " := ", "|", "printf \"%5000d\"",
    "x1000000", "_x9", "stale",
    "*", "?", "{2,1000}", "(?i)", "[^", "\\Q", "\\pL", "|",
  ]

  private func mutated(_ text: String, _ random: inout SeededRandom) -> String {
    var bytes = Array(text.utf8)
    for _ in 0..<(1 + random.int(in: 0..<4)) {
      let place = bytes.isEmpty ? 0 : random.int(in: 0..<bytes.count + 1)
      switch random.int(in: 0..<4) {
      case 0: bytes.insert(contentsOf: pieces[random.int(in: 0..<pieces.count)].utf8, at: place)
      case 1 where place < bytes.count: bytes.remove(at: place)
      case 2 where place < bytes.count: bytes[place] = UInt8(truncatingIfNeeded: random.next())
      default:
        let end = min(bytes.count, place + random.int(in: 0..<12))
        bytes.insert(contentsOf: bytes[place..<end], at: random.int(in: 0..<bytes.count + 1))
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("no expression traps the parser, and none that it accepts traps the evaluation")
  func expressions() throws {
    var random = SeededRandom(seed: 1)
    var mill = ExpressionMill(seed: 2)
    let world = try World(
      every: 60_000,
      ["requests_total{job=\"api\",code=\"200\"}": "1+1x40", "temperature{job=\"db\"}": "1 NaN 2x30"])
    var accepted = 0
    for _ in 0..<Self.count {
      let text = mutated(mill.expression(), &random)
      do throws(ExpressionFault) {
        let expression = try Expression(text)
        accepted += 1
        _ = try? expression.value(at: EventTime(milliseconds: 1_800_000), of: world.table)
        _ = try? expression.value(at: EventTime(milliseconds: .max), of: world.table)
        _ = try? expression.value(at: EventTime(milliseconds: .min), of: world.table)
      } catch {
        #expect((0...text.utf8.count).contains(error.offset), "\(text)")
        _ = error.position(in: text)
      }
    }
    #expect(accepted > Self.count / 20 && accepted < Self.count)
  }

  @Test("no template traps, in parsing or in expanding")
  func templates() {
    var random = SeededRandom(seed: 3)
    let seeds = [
      "{{ $labels.job }} is {{ $value | humanizeDuration }}",
      "{{ range $i, $e := query \"up\" }}{{ .Value }}{{ end }}",
      "{{ if gt $value 1.0 }}{{ printf \"%-5.2f|%s|%d\" $value \"a\" 3 }}{{ else with $labels.x }}"
        + "{{ . }}{{ end }}",
      "{{- reReplaceAll \"(a)\" \"$1\" .Labels.job -}} {{ (query \"x\" | first).Labels.a | title }}",
    ]
    let data = TemplateData(labels: Labels([Label("job", "a")]), value: 1.5)
    var accepted = 0
    for index in 0..<Self.count {
      let text = mutated(seeds[index % seeds.count], &random)
      guard let template = try? Template(text) else { continue }
      accepted += 1
      _ = template.expanded(with: data)
    }
    #expect(accepted > 0)
  }

  @Test("no series in test notation and no pattern traps")
  func notations() {
    var random = SeededRandom(seed: 4)
    for index in 0..<Self.count {
      _ = try? SeriesNotation.values(mutated("1+2x10 _x3 stale -5 1e3x4 NaN", &random))
      _ = try? SeriesNotation.labels(mutated("up{job=\"api\", a='b'}", &random))
      let seed = ["(a|b)*c{2,5}[^x-z]\\d+", "(?i)^foo.*(?P<n>bar)?$", "[[:alpha:]]+|\\x{1F600}"][index % 3]
      guard let pattern = try? Pattern(mutated(seed, &random)) else { continue }
      _ = pattern.matchesWhole("aabbccfoobar")
      _ = pattern.replacingMatches(in: "foo bar a1", with: mutated("$1-${n}", &random))
    }
  }
}
