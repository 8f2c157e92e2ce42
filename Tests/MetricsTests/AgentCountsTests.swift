// Both stages of counting by agent, without an engine: partials out of events, scorecards out of partials.
import Basics
import Metrics
import Testing

@Suite struct AgentCountsTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  private func add(_ counts: inout AgentCounts, _ organization: String, _ agent: String, _ type: String)
    -> Bool
  {
    let (organization, agent, type) = (bytes(organization), bytes(agent), bytes(type))
    return unsafe counts.add(
      organization: organization.span.bytes, agent: agent.span.bytes, type: type.span.bytes)
  }

  @Test("one partial per agent leaves, in the order of first touch, and then counting begins anew")
  func partials() {
    var counts = AgentCounts()
    for (agent, type) in [("b", "x"), ("a", "y"), ("b", "x"), ("b", "y")] {
      #expect(add(&counts, "acme", agent, type))
    }
    #expect(
      counts.take() == [
        AgentPartial(
          organization: "acme", agent: "b",
          counts: [.init(type: "x", events: 2), .init(type: "y", events: 1)]),
        AgentPartial(organization: "acme", agent: "a", counts: [.init(type: "y", events: 1)]),
      ])
    #expect(counts.take().isEmpty)
  }

  @Test("many agents are told apart, whatever slots their names fall into")
  func many() {
    var counts = AgentCounts()
    for round in 0..<3 {
      for agent in 0..<5000 where agent % (round + 1) == 0 { #expect(add(&counts, "o", "a\(agent)", "t")) }
    }
    let partials = counts.take()
    #expect(partials.count == 5000)
    for (agent, partial) in partials.enumerated() {
      let expected = UInt64((0..<3).count { agent % ($0 + 1) == 0 })
      #expect(partial.agent == "a\(agent)" && partial.counts == [.init(type: "t", events: expected)])
    }
  }

  @Test("a name that is empty, too long or not UTF-8 is refused and nothing is counted")
  func badNames() {
    var counts = AgentCounts()
    #expect(!add(&counts, "", "a", "t") && !add(&counts, "o", "", "t") && !add(&counts, "o", "a", ""))
    let long = String(repeating: "x", count: AgentCounts.nameBytesMax + 1)
    #expect(!add(&counts, "o", long, "t"))
    let broken: [UInt8] = [0x61, 0xFF]
    #expect(
      unsafe !counts.add(organization: broken.span.bytes, agent: broken.span.bytes, type: broken.span.bytes))
    #expect(counts.isEmpty)
  }

  @Test("no two agents share a key")
  func keys() {
    let pairs = [("a/b", "c"), ("a", "b/c"), ("a%2Fb", "c"), ("a%", "2Fb/c")]
    let keys = pairs.map { AgentPartial(organization: $0.0, agent: $0.1).key }
    #expect(Set(keys).count == keys.count)
    #expect(keys[0] == "a%2Fb/c")
  }

  @Test("a partial's bytes give it back, and no part of them is a partial")
  func storable() {
    let partial = AgentPartial(
      organization: "örg", agent: "a", counts: [.init(type: "x", events: 7), .init(type: "", events: .max)])
    var stored: [UInt8] = []
    partial.store(into: &stored)
    #expect(unsafe AgentPartial(stored: stored.span.bytes) == partial)
    for count in 0..<stored.count {
      let part = Array(stored[..<count])
      #expect(unsafe AgentPartial(stored: part.span.bytes) == nil)
    }
  }
}

@Suite struct AgentScorecardTests {
  @Test("a scorecard is the same whatever order partials come in, and reads as documented")
  func order() {
    let partials = [
      AgentPartial(organization: "o", agent: "a\"", counts: [.init(type: "y", events: 1)]),
      AgentPartial(
        organization: "o", agent: "a\"", counts: [.init(type: "z", events: 2), .init(type: "x", events: 3)]),
    ]
    var forward = AgentScorecard(organization: "o", agent: "a\"")
    var backward = forward
    for partial in partials { forward.add(partial) }
    for partial in partials.reversed() { backward.add(partial) }
    #expect(forward == backward)
    var json: [UInt8] = []
    forward.appendJSON(to: &json)
    #expect(
      String(decoding: json, as: UTF8.self) == """
        {"schema_version":1,"organization":"o","agent":"a\\"","events":6,"events_by_type":{"x":3,"y":1,"z":2}}
        """)
    var stored: [UInt8] = []
    forward.store(into: &stored)
    #expect(unsafe AgentScorecard(stored: stored.span.bytes) == forward)
  }

  @Test("a producer that invents types fills no memory, and no event goes uncounted")
  func manyTypes() {
    var scorecard = AgentScorecard(organization: "o", agent: "a")
    for type in 0..<1000 {
      scorecard.add(
        AgentPartial(organization: "o", agent: "a", counts: [.init(type: "t\(type)", events: 1)]))
    }
    #expect(scorecard.events == 1000)
    #expect(scorecard.counts.count == AgentScorecard.typesMax + 1)
  }
}
