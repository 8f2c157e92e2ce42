// What the executor does with decisions, without a broker: once each, the newest only, and never one that has
// been overtaken.
import Basics
import Foundation
import Testing

@testable import ratchet

@Suite struct ExecutorLedgerTests {
  private func decision(
    _ id: String, _ deployment: String = "d1", sequence: Int, revision: Int = 1,
    action: String = "advance", percent: Int = 5, drill: Bool = false, flags: String = "[]"
  ) throws -> ExecutedDecision {
    let json = """
      {"id":"\(id)","organization":"acme","deployment_id":"\(deployment)","revision":\(revision),\
      "sequence":\(sequence),"action":"\(action)","target_percent":\(percent),\
      "candidate":"v2","baseline":"v1",\
      "traffic_class":{"header":"learning-enabled","value":"true"},"flags":\(flags),"drill":\(drill)}
      """
    return try #require(ExecutedDecision(Array(json.utf8)))
  }

  private func lines(_ ledger: ExecutorLedger) -> [String] {
    ledger.steps().map { step in
      switch step {
      case .act(let decision): "act \(decision.id)"
      case .refuse(let decision, let reason): "refuse \(decision.id): \(reason)"
      }
    }
  }

  @Test("a decision that is seen twice is acted on once, also when it is seen again after a restart")
  func twice() throws {
    var ledger = ExecutorLedger(lines: [])
    let one = try decision("a", sequence: 1)
    ledger.take(one)
    ledger.take(one)
    #expect(lines(ledger) == ["act a"])
    ledger.settle(one, .applied)
    ledger.take(one)
    #expect(lines(ledger) == [])
    var again = ExecutorLedger(lines: ExecutorLedger.line(one, .applied))
    again.take(one)
    #expect(lines(again) == [] && again.standing["acme/d1"] == one)
  }

  @Test("what came while it was away is acted on once: the newest of each deployment, rollbacks first")
  func away() throws {
    var ledger = ExecutorLedger(lines: [])
    ledger.take(try decision("other", "d2", sequence: 1))
    for (id, sequence, percent) in [("75", 2, 75), ("50", 3, 50), ("25", 4, 25)] {
      ledger.take(try decision(id, sequence: sequence, action: "gradual_rollback", percent: percent))
    }
    ledger.take(try decision("held", sequence: 4, action: "hold"))
    #expect(
      lines(ledger) == [
        "act 25", "act other", "refuse 75: decision 4 takes its place",
        "refuse 50: decision 4 takes its place",
      ])
  }

  @Test("a decision of an older revision, or one that another has overtaken, is refused")
  func superseded() throws {
    var ledger = ExecutorLedger(lines: [])
    ledger.settle(try decision("new", sequence: 5, revision: 2), .applied)
    ledger.take(try decision("old", sequence: 6, revision: 1))
    ledger.take(try decision("late", sequence: 4, revision: 2))
    #expect(
      lines(ledger) == [
        "refuse old: revision 2 has been applied", "refuse late: decision 5 has been applied",
      ])
  }

  @Test("what failed is tried again, a drill changes nothing, and a line that a crash cut off is not there")
  func failures() throws {
    var ledger = ExecutorLedger(lines: [])
    let one = try decision("a", sequence: 1)
    ledger.take(one)
    ledger.settle(one, .failed)
    #expect(lines(ledger) == ["act a"])
    let drill = try decision("drill", sequence: 0, action: "immediate_rollback", percent: 0, drill: true)
    ledger.take(drill)
    #expect(lines(ledger) == ["act drill", "act a"])
    ledger.settle(drill, .applied)
    #expect(ledger.standing.isEmpty)
    let whole = ExecutorLedger.line(one, .applied)
    let torn = whole + ExecutorLedger.line(try decision("b", sequence: 2), .applied).dropLast(7)
    let read = ExecutorLedger(lines: torn)
    #expect(read.settled == ["a"])
  }

  @Test("the flag file is flagd's: shares that sum to 100 for the traffic class, the baseline for all others")
  func flagFile() throws {
    var ledger = ExecutorLedger(lines: [])
    let flags = #"[{"name":"ENABLE_LEARNING","on":false}]"#
    ledger.settle(try decision("a", sequence: 1, percent: 25, flags: flags), .applied)
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(flagDefinitions(ledger))) as? [String: Any])
    let all = try #require(json["flags"] as? [String: [String: Any]])
    #expect(all["ENABLE_LEARNING"]?["defaultVariant"] as? String == "off")
    let rollout = try #require(all["acme/d1"])
    #expect(rollout["variants"] as? [String: String] == ["candidate": "v2", "baseline": "v1"])
    #expect(rollout["defaultVariant"] as? String == "baseline")
    let rule = try #require((rollout["targeting"] as? [String: [Any]])?["if"])
    #expect(rule.count == 3 && rule[2] as? String == "baseline")
    let shares = try #require((rule[1] as? [String: [Any]])?["fractional"])
    #expect(
      shares[1] as? [AnyHashable] == ["candidate", 25] && shares[2] as? [AnyHashable] == ["baseline", 75])
  }

  @Test("what is no decision is none", arguments: ["", "{}", "[]", #"{"id":"a","organization":"o"}"#])
  func none(_ text: String) { #expect(ExecutedDecision(Array(text.utf8)) == nil) }
}
