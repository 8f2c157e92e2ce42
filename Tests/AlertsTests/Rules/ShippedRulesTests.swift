// The rules that ship: all of R9's names, each complete, each with a test that passes here and at promtool's.
import Alerts
import Basics
import Foundation
import Metrics
import Testing
import Topology

@Suite struct ShippedRulesTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("topology/rules")
  static let tests = [
    "feedback", "health", "hosts", "jobs", "jobs-by-day", "learning", "learning-by-day", "meta",
  ]

  private func shipped() throws -> RuleFolder {
    var files: [String: [UInt8]] = [:]
    let paths = FileManager.default.enumerator(atPath: Self.folder.path)?.compactMap { $0 as? String } ?? []
    for path in paths where path.hasSuffix(".yaml") {
      files["rules/\(path)"] = try bytes(path)
    }
    return try parseRuleFolder(files)
  }

  private func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: Self.folder.appendingPathComponent(path)))
  }

  @Test("all 29 alerts are there, evaluated at least every 15 seconds, each with everything a receiver needs")
  func complete() throws {
    let rules = try shipped()
    let names = Set(rules.platform.groups.flatMap(\.rules).filter(\.isAlert).map(\.name))
    let wanted = """
      LearningWorkerDown CriticalQueueLength NoJobsCompleting HighQueueLength HighJobFailureRate
      NoFeedbackSubmissions HighPendingAnnotations SlowJobExecution HighAPILatency HighMemoryUsage
      HighCPUUsage OptimizationJobFailing LowFeedbackRate NoPromptOptimizationsRunning
      VeryHighPendingAnnotations HighDatabaseConnections LearningLatencyHigh LearningThroughputLow
      LearningSystemDown LearningErrorRateHigh AccuracyDegradation DatabaseConnectionFailure
      LearningLatencyIncreasing PatternQualityDecline UserSatisfactionDrop MemoryUsageGrowth
      LearningAdoptionTrend PatternDiscoveryRate FeedbackQualityTrend
      """.split(whereSeparator: \.isWhitespace).map(String.init)
    #expect(wanted.count == 29)
    #expect(Set(wanted).subtracting(names) == [])
    #expect(names.subtracting(wanted).allSatisfy { $0.hasPrefix("Ratchet") || $0 == "Watchdog" })
    #expect(rules.platform.settings.interval <= .seconds(15))
    for rule in (rules.platform.groups + rules.organization.groups).flatMap(\.rules) {
      guard case .alert(let terms) = rule.action else { continue }
      #expect(Set(rule.labels.map(\.name)).isSuperset(of: ["severity", "channel"]), "\(rule.name)")
      #expect(terms.annotations.map(\.name) == ["summary", "description", "runbook_url"], "\(rule.name)")
    }
  }

  @Test("every runbook that an alert links to is there")
  func runbooks() throws {
    let rules = try shipped()
    let runbooks = Self.folder.deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("docs/runbooks")
    for rule in (rules.platform.groups + rules.organization.groups).flatMap(\.rules) {
      guard case .alert(let terms) = rule.action, let link = terms.annotations.last?.value.text else {
        continue
      }
      let page = try #require(link.split(separator: "/").last?.split(separator: "#").first)
      let isThere = FileManager.default.fileExists(atPath: runbooks.appendingPathComponent(String(page)).path)
      #expect(isThere, "\(rule.name) links to \(link)")
    }
  }

  @Test("groups that record come before the alerts that read what they record")
  func recordingFirst() throws {
    let groups = try shipped().platform.groups
    let firstAlert = try #require(groups.firstIndex { $0.rules.contains(where: \.isAlert) })
    #expect(groups[..<firstAlert].map(\.name) == ["learning-recordings", "job-limits"] || firstAlert >= 2)
    #expect(groups[firstAlert...].allSatisfy { $0.rules.contains(where: \.isAlert) })
  }

  @Test("each rule's unit test passes", arguments: tests)
  func unitTests(name: String) throws {
    let file = try parseRuleTests(try bytes("tests/\(name).yaml"), file: "\(name).yaml")
    let groups = try file.ruleFiles.flatMap { path in
      try parseRules(try bytes("tests/\(path)"), file: String(path.dropFirst(3)))
    }
    for failure in file.failures(groups: groups) {
      Issue.record("\(failure.what)\nexpected: \(failure.expected)\nfound: \(failure.found)")
    }
    let tested = Set(file.tests.flatMap(\.alerts).filter { !$0.expected.isEmpty }.map(\.name))
    #expect(!tested.isEmpty)
  }

  @Test("every alert has a test in which it fires and one in which it does not")
  func allTested() throws {
    var fires: Set<String> = []
    var rests: Set<String> = []
    for name in Self.tests {
      for test in try parseRuleTests(try bytes("tests/\(name).yaml"), file: name).tests {
        for one in test.alerts {
          if one.expected.isEmpty { rests.insert(one.name) } else { fires.insert(one.name) }
        }
      }
    }
    let rules = try shipped()
    let names = Set(
      (rules.platform.groups + rules.organization.groups).flatMap(\.rules).filter(\.isAlert).map(\.name))
    #expect(names.subtracting(fires) == [])
    #expect(names.subtracting(rests) == ["Watchdog"])
  }

  @Test(
    "promtool gives the same verdict on each rule's unit test", .enabled(if: Promtool.isThere),
    arguments: tests)
  func judged(name: String) throws {
    let answer = try Promtool.run([
      "test", "rules", Self.folder.appendingPathComponent("tests/\(name).yaml").path,
    ])
    #expect(answer.status == 0, "\(answer.text.prefix(2000))")
  }

  @Test("promtool accepts every rule file", .enabled(if: Promtool.isThere))
  func accepted() throws {
    let files = ["platform", "organization"].flatMap { scope in
      (FileManager.default.enumerator(atPath: Self.folder.appendingPathComponent(scope).path)?.compactMap {
        $0 as? String
      } ?? [])
      .map { Self.folder.appendingPathComponent("\(scope)/\($0)").path }
    }
    #expect(files.count >= 7)
    let answer = try Promtool.run(["check", "rules"] + files)
    #expect(answer.status == 0, "\(answer.text)")
  }

  @Test("without any event the rules for absence fire as documented, and no other")
  func absence() throws {
    var states = RuleStates()
    let rules = try shipped().platform
    var firing: [Int64: Set<String>] = [:]
    for second in stride(from: Int64(0), through: 10_800, by: 15) {
      let outcome = rules.evaluate(
        at: EventTime(milliseconds: second * 1000), organization: "platform", states: &states,
        source: SeriesTable())
      #expect(outcome.faults.isEmpty)
      firing[second] = Set(states.active.filter { $0.alert.state == .firing }.map(\.key.name))
    }
    let early: Set = [
      "LearningWorkerDown", "NoJobsCompleting", "NoFeedbackSubmissions", "LearningThroughputLow", "Watchdog",
    ]
    #expect(firing[0] == ["Watchdog"])
    #expect(firing[300] == early)
    #expect(firing[3600] == early.union(["NoPromptOptimizationsRunning"]))
    #expect(firing[10_800] == early.union(["NoPromptOptimizationsRunning", "PatternDiscoveryRate"]))
    #expect(states.active.allSatisfy { $0.alert.labels["organization"] == "platform" })
  }
}
