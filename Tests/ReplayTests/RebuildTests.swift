// A processor rebuilt under a shadow prefix, by the live engine.
import Basics
import Testing

@testable import Replay
@testable import Runtime

@Suite(.serialized) struct RebuildTests {
  @Test("a rebuild makes the same projections under its prefix and writes nothing that is in force")
  func rebuild() throws {
    let world = try World(partitions: 2)
    let shadow = try World(partitions: 2)
    for round in 1...3 {
      try world.publish((0..<20).map { ("k\($0 % 7)", "\($0)") })
      try world.run(world.tally(), until: Int64(20 * round))
    }
    let topics = ["events", "tallies", "epochs", "changelog", "quarantine"]
    let before = try world.ends(Array(topics.dropLast()))
    let rebuilt = shadowed(world.tally(), by: shadow.tally())
    #expect(rebuilt.inputs.map(\.topic) == [world.topic("events")])
    #expect(rebuilt.writtenTopics.isDisjoint(with: world.tally().writtenTopics))
    try shadow.run(rebuilt, until: 60)
    #expect(try shadow.lastValues("tallies") == world.lastValues("tallies"))
    #expect(try world.ends(Array(topics.dropLast())) == before)
    // It has an epoch log of its own, over the real inputs, and goes on with what comes later.
    try world.publish([("k1", "5")])
    try shadow.run(rebuilt, until: 61)
    for number in 0..<world.partitions {
      guard case .identical = try shadow.replay(rebuilt, number).verdict else {
        Issue.record("the rebuilt epochs of task \(number) do not replay")
        continue
      }
    }
  }

  @Test("what a processor sends itself is the shadow's own")
  func ownInput() {
    func definition(_ prefix: String) -> ProcessorDefinition {
      ProcessorDefinition(
        "loop", epochsTopic: "\(prefix).epochs", quarantineTopic: "\(prefix).quarantine",
        inputs: [ProcessorInput("\(prefix).events", .outside), ProcessorInput("\(prefix).rekey", .outside)],
        outputs: [ProcessorOutput("\(prefix).rekey")], codeHash: 1
      ) { _ in PassOn() }
    }
    let rebuilt = shadowed(definition("real"), by: definition("shadow"))
    #expect(rebuilt.inputs.map(\.topic) == ["real.events", "shadow.rekey"])
    #expect(rebuilt.writtenTopics == ["shadow.rekey", "shadow.epochs", "shadow.quarantine"])
  }
}
