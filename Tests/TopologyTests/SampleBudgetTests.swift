// What rules could make an installation keep, against metrics.yaml's budget.
import Alerts
import Basics
import Foundation
import Metrics
import Testing

@testable import Topology

private func fault(_ samples: Int, _ expression: String, kind: String = "kind: counter") throws -> String {
  let metrics = """
    samples: \(samples)
    metrics:
      - name: m
        \(kind)
        unit: u
        help: h
        event: feedback.given
        series: 10
    """
  let rules = "groups: [{name: g, rules: [{record: r, expr: '\(expression)'}]}]"
  let declarations = try parseMetrics(Array(metrics.utf8), file: "m.yaml")
  let folder = try parseRuleFolder(["rules/platform/r.yaml": Array(rules.utf8)])
  return sampleBudgetFault(of: declarations, under: folder)?.description ?? "none"
}

@Suite("Sample budget")
struct SampleBudgetTests {
  // One hour and the interval before it in panes of 15 s: 241 samples of each of 10 series.
  @Test("rules that could keep more samples than the budget are refused with the metric's place")
  func refused() throws {
    #expect(try fault(2410, "rate(m[1h])") == "none")
    let said = try fault(2409, "rate(m[1h])")
    #expect(
      said.hasPrefix("m.yaml:3:11: rules could keep 2410 samples, and \"samples\" allows 2409"), "\(said)")
    #expect(try fault(2409, "rate(other[1h])") == "none")
  }

  @Test("each bucket of a histogram is a series")
  func histogram() throws {
    let kind = "kind: histogram\n    value: rating\n    buckets: [1, 2]"
    #expect(try fault(7230, "rate(m_bucket[1h])", kind: kind) == "none")
    #expect(try fault(7229, "rate(m_bucket[1h])", kind: kind).contains("could keep 7230 samples"))
  }

  @Test("the shipped rules fit the shipped budget")
  func shipped() throws {
    let topology = "../../topology"
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let declarations = try parseMetrics(try contents("\(topology)/metrics.yaml"), file: "metrics.yaml")
    var files: [String: [UInt8]] = [:]
    for scope in ["platform", "organization"] {
      for name in try FileManager.default.contentsOfDirectory(
        atPath: tests.appendingPathComponent("\(topology)/rules/\(scope)").path)
      {
        files["rules/\(scope)/\(name)"] = try contents("\(topology)/rules/\(scope)/\(name)")
      }
    }
    #expect(sampleBudgetFault(of: declarations, under: try parseRuleFolder(files))?.description == nil)
  }
}
