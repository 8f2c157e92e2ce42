// Agreement between experts: the package krippendorff (PyPI) beside it, and what sums of parts must keep.
import Basics
import Foundation
import Testing

@testable import Learning

/// Seeded units: experts who mostly see the same, some values missing.
private func units(_ random: inout SeededRandom, _ scale: Agreement.Scale) -> [[Int]] {
  (0..<Int.random(in: 2...30, using: &random)).map { _ in
    let truth = Int.random(in: 0...(scale == .nominal ? 1 : 1000), using: &random)
    return (0..<Int.random(in: 1...6, using: &random)).map { _ in
      switch scale {
      case .nominal: Int.random(in: 0...4, using: &random) == 0 ? 1 - truth : truth
      case .interval: min(1000, max(0, truth + Int.random(in: -200...200, using: &random)))
      }
    }
  }
}

private func agreement(_ scale: Agreement.Scale, _ units: [[Int]]) -> Agreement {
  units.reduce(into: Agreement(scale)) { $0.add($1) }
}

@Suite struct AgreementTests {
  private static let python = ProcessInfo.processInfo.environment["RATCHET_JUDGES"]

  @Test(
    "alpha is what the package krippendorff computes, to 1e-9",
    .enabled(if: python != nil, "set RATCHET_JUDGES to the Python of .ci/setup test"),
    .timeLimit(.minutes(2)))
  func judged() throws {
    var random = SeededRandom(seed: 7)
    var cases: [(scale: Agreement.Scale, units: [[Int]])] = [
      (.nominal, [[0, 0], [1, 1]]), (.nominal, [[0, 0], [0, 0]]), (.interval, [[500, 500], [500]]),
      (.interval, [[0, 1000], [1000, 0]]),
    ]
    for number in 0..<300 {
      let scale: Agreement.Scale = number % 2 == 0 ? .nominal : .interval
      cases.append((scale, units(&random, scale)))
    }
    let lines = cases.map { "[\"\($0.scale)\",\($0.units.description)]" }
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("agreement-\(UUID()).jsonl")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(lines.joined(separator: "\n").utf8).write(to: file)
    let answers = try judge(try #require(Self.python), "agreement.py", [file.path])
    #expect(answers.count == cases.count)
    var compared = 0
    for (example, answer) in zip(cases, answers) {
      let alpha = agreement(example.scale, example.units).alpha
      guard let expected = Double(answer) else {
        #expect(alpha == nil, "the judge has none for \(example)")
        continue
      }
      let found = try #require(alpha, "\(example): \(expected)")
      #expect(abs(found - expected) < 1e-9, "\(example)")
      compared += 1
    }
    #expect(compared > 250)
  }

  @Test("units counted in parts, taken out and put back come to the same as all at once")
  func parts() throws {
    var random = SeededRandom(seed: 3)
    for scale in [Agreement.Scale.nominal, .interval] {
      let all = units(&random, scale) + units(&random, scale)
      let whole = agreement(scale, all)
      let half = agreement(scale, Array(all.prefix(5))) + agreement(scale, Array(all.dropFirst(5)).reversed())
      #expect(half == whole)
      var changed = whole
      changed.add([1, 0, 1])
      changed.remove([1, 0, 1])
      #expect(changed == whole)
      var bytes: [UInt8] = []
      whole.store(into: &bytes)
      #expect(Agreement(stored: unsafe bytes.span.bytes) == whole)
    }
  }

  @Test("the plain share of pairs counts values within a tenth of each other as agreeing")
  func share() {
    #expect(agreement(.interval, [[500, 600, 700]]).percentage == 2.0 / 3)
    #expect(agreement(.nominal, [[0, 0], [0, 1]]).percentage == 0.5)
    #expect(agreement(.nominal, [[0], [1]]).percentage == nil)
  }
}
