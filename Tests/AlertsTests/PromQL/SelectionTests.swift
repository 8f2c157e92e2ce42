// Which samples an expression sees: lookback, staleness, windows open at the left, offset, @ and subqueries.
import Alerts
import Testing

@Suite struct SelectionTests {
  @Test("a sample stands for five minutes, its own age of five minutes excluded")
  func lookback() throws {
    let world = try World(["up": "1"])
    #expect(try world.ask("up", at: 0) == ["up 1"])
    #expect(try world.ask("up", at: 299.999) == ["up 1"])
    #expect(try world.ask("up", at: 300) == [])
    #expect(try world.ask("up", at: -1) == [])
  }

  @Test("a staleness marker ends a series at once, and is no sample of a window")
  func staleness() throws {
    let world = try World(["up": "1 2 stale _ 5"])
    #expect(try world.ask("up", at: 15) == ["up 2"])
    #expect(try world.ask("up", at: 20) == [])
    #expect(try world.ask("up", at: 35) == [])
    #expect(try world.ask("count_over_time(up[40s])", at: 30) == ["{} 2"])
    #expect(try world.ask("up", at: 40) == ["up 5"])
  }

  @Test("a window is open at its left end and closed at its right")
  func leftOpen() throws {
    let world = try World(["a": "0+1x10"])
    #expect(try world.ask("count_over_time(a[10s])", at: 30) == ["{} 1"])
    #expect(try world.ask("count_over_time(a[20s])", at: 30) == ["{} 2"])
    #expect(try world.ask("count_over_time(a[20s])", at: 35) == ["{} 2"])
    #expect(try world.ask("min_over_time(a[20s])", at: 30) == ["{} 2"])
    // Within a subquery all its windows are cut from what was fetched once.
    #expect(try world.ask("max_over_time(count_over_time(a[20s])[1m:10s])", at: 100) == ["{} 2"])
    #expect(try world.ask("min_over_time((a offset 10s)[20s:10s])", at: 50) == ["{} 3"])
  }

  @Test("offset and @ move the moment, in either direction")
  func shifted() throws {
    let world = try World(["a": "0+1x100"])
    #expect(try world.ask("a offset 20s", at: 50) == ["a 3"])
    #expect(try world.ask("a offset -20s", at: 50) == ["a 7"])
    #expect(try world.ask("a @ 100", at: 50) == ["a 10"])
    #expect(try world.ask("a @ 100 offset 20s", at: 50) == ["a 8"])
    #expect(try world.ask("a @ end()", at: 50) == ["a 5"])
    #expect(try world.ask("sum_over_time(a[30s] @ 40)", at: 900) == ["{} 9"])
  }

  @Test("a subquery is evaluated at multiples of its step, its left end excluded")
  func subquery() throws {
    let world = try World(["a": "0+1x100"])
    #expect(try world.ask("a[30s:10s]", at: 60) == ["a x3"])
    #expect(try world.ask("count_over_time(a[30s:7s])", at: 60) == ["{} 4"])
    #expect(try world.ask("max_over_time(rate(a[20s])[1m:10s])", at: 100) == ["{} 0.1"])
    #expect(try world.ask("sum_over_time(a[20s:10s] offset 30s)", at: 100) == ["{} 13"])
    #expect(try world.ask("max_over_time((a @ end())[30s:10s])", at: 50) == ["{} 5"])
    #expect(throws: EvaluationFault.self) { try world.ask("count_over_time(a[290y:1ms])", at: 100) }
  }

  @Test("matchers select by whole values, and an absent label is empty")
  func matchers() throws {
    let world = try World(["a{x=\"1\"}": "1", "a{x=\"12\"}": "2", "a": "3", "b{x=\"1\"}": "4"])
    #expect(try world.ask("a{x=~\"1\"}", at: 0) == ["a{x=\"1\"} 1"])
    #expect(try world.ask("a{x=~\"1.*\"}", at: 0).count == 2)
    #expect(try world.ask("a{x!=\"1\"}", at: 0) == ["a 3", "a{x=\"12\"} 2"])
    #expect(try world.ask("a{x=\"\"}", at: 0) == ["a 3"])
    #expect(try world.ask("a{x!~\".+\"}", at: 0) == ["a 3"])
    #expect(try world.ask("{x=\"1\"}", at: 0) == ["a{x=\"1\"} 1", "b{x=\"1\"} 4"])
    #expect(try world.ask("{__name__=~\"a|b\", x=\"1\"}", at: 0).count == 2)
  }
}
