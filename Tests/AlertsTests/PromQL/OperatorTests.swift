// Operators and aggregations: who belongs to whom, and what becomes of labels.
import Alerts
import Testing

@Suite struct OperatorTests {
  private func world() throws -> World {
    try World([
      "req{job=\"a\",code=\"200\"}": "10", "req{job=\"a\",code=\"500\"}": "2",
      "req{job=\"b\",code=\"200\"}": "5",
      "cap{job=\"a\",zone=\"z1\"}": "100", "cap{job=\"b\",zone=\"z2\"}": "50",
    ])
  }

  @Test("arithmetic drops the name, a filter keeps it, bool answers for each")
  func scalars() throws {
    let world = try world()
    #expect(
      try world.ask("cap * 2", at: 0) == ["{job=\"a\", zone=\"z1\"} 200", "{job=\"b\", zone=\"z2\"} 100"])
    #expect(try world.ask("cap > 60", at: 0) == ["cap{job=\"a\", zone=\"z1\"} 100"])
    #expect(try world.ask("60 < cap", at: 0) == ["cap{job=\"a\", zone=\"z1\"} 100"])
    #expect(
      try world.ask("cap > bool 60", at: 0) == ["{job=\"a\", zone=\"z1\"} 1", "{job=\"b\", zone=\"z2\"} 0"])
    #expect(try world.ask("-cap{job=\"a\"}", at: 0) == ["{job=\"a\", zone=\"z1\"} -100"])
    #expect(try world.ask("-2 ^ 2", at: 0) == ["-4"])
    #expect(try world.ask("2 ^ 3 ^ 2", at: 0) == ["512"])
    #expect(try world.ask("7 % 4 - -7 % 4", at: 0) == ["6"])
    #expect(try world.ask("1 + 2 * 3 == bool 7", at: 0) == ["1"])
  }

  @Test("many elements meet one by the labels that on and ignoring say")
  func matching() throws {
    let world = try world()
    #expect(
      try world.ask("req / on(job) group_left(zone) cap", at: 0) == [
        "{code=\"200\", job=\"a\", zone=\"z1\"} 0.1", "{code=\"200\", job=\"b\", zone=\"z2\"} 0.1",
        "{code=\"500\", job=\"a\", zone=\"z1\"} 0.02",
      ])
    #expect(
      try world.ask("cap / on(job) group_right req{job=\"b\"}", at: 0) == ["{code=\"200\", job=\"b\"} 10"])
    #expect(
      try world.ask("req{code=\"500\"} / ignoring(code) req{code=\"200\"}", at: 0) == ["{job=\"a\"} 0.2"])
    #expect(throws: EvaluationFault.self) { try world.ask("req / on(job) cap", at: 0) }
    #expect(throws: EvaluationFault.self) { try world.ask("cap / on(job) req", at: 0) }
    #expect(throws: EvaluationFault.self) { try world.ask("req + on(job) group_left(code) cap", at: 0) }
  }

  @Test("and, or and unless are sets by labels")
  func sets() throws {
    let world = try world()
    #expect(try world.ask("req and on(job) cap{zone=\"z2\"}", at: 0) == ["req{code=\"200\", job=\"b\"} 5"])
    #expect(try world.ask("req unless on(job) cap{zone=\"z2\"}", at: 0).count == 2)
    #expect(try world.ask("cap{job=\"a\"} or cap", at: 0).count == 2)
    #expect(try world.ask("cap or on(job) req", at: 0).count == 2)
  }

  @Test("elements that names alone told apart are refused, not merged")
  func duplicates() throws {
    let world = try World(["a{x=\"1\"}": "1", "b{x=\"1\"}": "2"])
    #expect(throws: EvaluationFault.self) { try world.ask("abs({x=\"1\"})", at: 0) }
    #expect(throws: EvaluationFault.self) { try world.ask("{x=\"1\"} + 1", at: 0) }
  }

  @Test("aggregations by and without")
  func aggregations() throws {
    let world = try world()
    #expect(try world.ask("sum(req)", at: 0) == ["{} 17"])
    #expect(try world.ask("sum by (job) (req)", at: 0) == ["{job=\"a\"} 12", "{job=\"b\"} 5"])
    #expect(try world.ask("sum without (code) (req)", at: 0) == ["{job=\"a\"} 12", "{job=\"b\"} 5"])
    #expect(try world.ask("avg(req)", at: 0) == ["{} 5.666666666666667"])
    #expect(try world.ask("min(req) + max(req)", at: 0) == ["{} 12"])
    #expect(try world.ask("count by (code) (req)", at: 0) == ["{code=\"200\"} 2", "{code=\"500\"} 1"])
    #expect(try world.ask("group(req)", at: 0) == ["{} 1"])
    #expect(try world.ask("stdvar(cap)", at: 0) == ["{} 625"])
    #expect(try world.ask("stddev(cap)", at: 0) == ["{} 25"])
    #expect(try world.ask("quantile(0.5, req)", at: 0) == ["{} 5"])
    #expect(try world.ask("sum by (none) (req)", at: 0) == ["{} 17"])
    #expect(try world.ask("sum by (__name__) ({job=\"a\"})", at: 0) == ["cap 100", "req 12"])
  }

  @Test("topk and bottomk keep elements, in order of value")
  func ranked() throws {
    let world = try world()
    #expect(
      try world.ask("topk(2, req)", at: 0) == [
        "req{code=\"200\", job=\"a\"} 10", "req{code=\"200\", job=\"b\"} 5",
      ])
    #expect(try world.ask("bottomk by (code) (1, req)", at: 0).count == 2)
    #expect(try world.ask("topk(0, req)", at: 0) == [])
    #expect(throws: EvaluationFault.self) { try world.ask("topk(NaN, req)", at: 0) }
  }

  @Test("values are counted under a label that shows them")
  func countValues() throws {
    let world = try World(["a{x=\"1\"}": "1e21", "a{x=\"2\"}": "0.5", "a{x=\"3\"}": "0.5"])
    #expect(
      try world.ask("count_values(\"v\", a)", at: 0)
        == ["{v=\"0.5\"} 2", "{v=\"1000000000000000000000\"} 1"])
  }

  @Test("small values survive between large ones in sums and means")
  func compensated() throws {
    let world = try World([
      "a{x=\"1\"}": "1", "a{x=\"2\"}": "1e100", "a{x=\"3\"}": "1", "a{x=\"4\"}": "-1e100",
    ])
    #expect(try world.ask("sum(a)", at: 0) == ["{} 2"])
    #expect(try world.ask("avg(a)", at: 0) == ["{} 0.5"])
    let large = try World(["a": "1e308 1e308 1e308"])
    #expect(try large.ask("avg_over_time(a[1m])", at: 20) == ["{} 1e+308"])
  }
}
