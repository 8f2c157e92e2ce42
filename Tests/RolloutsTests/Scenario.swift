// Whole stories of deployments in plain text (Tests/Scenarios/rollouts): what happens, and every decision
// that must come of it, in order. docs/rollouts.md describes the lines.
import Basics
import Foundation
import Rollouts

struct Scenario {
  struct Step {
    var at: Duration
    var line: Int
    var words: [String]
  }

  struct Traffic {
    var from: Duration
    var to: Duration
    var deployment: String
    var perSecond: Double
    var values: [String: Double]
  }

  struct Expectation {
    var line: Int
    var deployment: String
    var action: String
    var cause: String
    var percent: Int?
    var between: ClosedRange<Duration>?
  }

  var name: String
  var policy = "default"
  var interval: Duration?
  var step: Duration = .seconds(5)
  var end: Duration = .zero
  var steps: [Step] = []
  var traffic: [Traffic] = []
  var expected: [Expectation] = []
  /// Phase and percent at the end, by deployment.
  var endings: [(line: Int, deployment: String, phase: String, percent: Int)] = []
  var problems: [String] = []
}

extension Scenario {
  init(name: String, text: String) {
    self.name = name
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let words = line.prefix { $0 != "#" }.split(separator: " ").map(String.init)
      if words.isEmpty { continue }
      if !read(words, line: index + 1) { problems.append("\(name):\(index + 1): cannot read \"\(line)\"") }
    }
  }

  private mutating func read(_ words: [String], line: Int) -> Bool {
    switch (words[0], words.count) {
    case ("policy", 2...):
      policy = words[1]
      if words.count == 4, words[2] == "interval" { interval = Self.time(words[3]) }
      return true
    case ("step", 2):
      step = Self.time(words[1]) ?? step
      return true
    case ("until", 2):
      end = Self.time(words[1]) ?? end
      return end > .zero
    case ("at", 3...):
      guard let at = Self.time(words[1]) else { return false }
      steps.append(Step(at: at, line: line, words: Array(words[2...])))
      return true
    case ("from", 8...): return readTraffic(words)
    case ("expect", 3...): return readExpectation(words, line)
    default: return false
    }
  }

  /// from A to B traffic D rate 1/s name=value ...
  private mutating func readTraffic(_ words: [String]) -> Bool {
    guard let from = Self.time(words[1]), words[2] == "to", let to = Self.time(words[3]),
      words[4] == "traffic", words[6] == "rate", words[7].hasSuffix("/s"),
      let rate = Double(words[7].dropLast(2))
    else { return false }
    var values: [String: Double] = [:]
    for word in words[8...] {
      let parts = word.split(separator: "=").map(String.init)
      guard parts.count == 2, let value = Self.number(parts[1]) else { return false }
      values[parts[0]] = value
    }
    traffic.append(Traffic(from: from, to: to, deployment: words[5], perSecond: rate, values: values))
    return true
  }

  /// expect D ACTION CAUSE [to P%] [between A and B], or: expect D ends PHASE P%
  private mutating func readExpectation(_ words: [String], _ line: Int) -> Bool {
    if words[2] == "ends" {
      guard words.count == 5, let percent = Int(words[4].dropLast()) else { return false }
      endings.append((line, words[1], words[3], percent))
      return true
    }
    guard words.count >= 4 else { return false }
    var expectation = Expectation(line: line, deployment: words[1], action: words[2], cause: words[3])
    var rest = words[4...]
    if rest.first == "to", rest.count >= 2 {
      expectation.percent = Int(rest[rest.startIndex + 1].dropLast())
      rest = rest.dropFirst(2)
    }
    if rest.first == "between" {
      guard rest.count == 4, let from = Self.time(rest[rest.startIndex + 1]),
        let to = Self.time(rest[rest.startIndex + 3]), from <= to
      else { return false }
      expectation.between = from...to
      rest = []
    }
    expected.append(expectation)
    return rest.isEmpty
  }

  /// 90s, 5m, 24h, 1h30m
  static func time(_ text: String) -> Duration? {
    var total = 0.0
    var digits = ""
    for character in text {
      if character.isNumber || character == "." {
        digits.append(character)
        continue
      }
      guard let number = Double(digits), let unit = ["s": 1.0, "m": 60, "h": 3600, "d": 86_400][character]
      else { return nil }
      total += number * unit
      digits = ""
    }
    return digits.isEmpty ? .milliseconds(Int64(total * 1000)) : nil
  }

  /// 12, 2%, 500MB, 80ms
  static func number(_ text: String) -> Double? {
    for (suffix, factor) in [("%", 0.01), ("MB", 1e6), ("ms", 1)] where text.hasSuffix(suffix) {
      return Double(text.dropLast(suffix.count)).map { $0 * factor }
    }
    return Double(text)
  }

  /// All of them, by name.
  static func all() throws -> [Scenario] {
    let folder = root.appendingPathComponent("Tests/Scenarios/rollouts")
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      .filter { $0.hasSuffix(".scenario") }.map { name in
        Scenario(
          name: name, text: try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8))
      }
  }

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
}
