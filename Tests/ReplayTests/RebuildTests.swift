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

  @Test("processors rebuilt together read of each other what the shadow writes, and the rest where it is")
  func together() {
    func definitions(_ prefix: String) -> [ProcessorDefinition] {
      let first = ProcessorDefinition(
        "first", epochsTopic: "\(prefix).first.epochs", quarantineTopic: "\(prefix).quarantine",
        inputs: [
          ProcessorInput("\(prefix).control", .control), ProcessorInput("\(prefix).events", .outside),
        ],
        outputs: [ProcessorOutput("\(prefix).partials", isAnnounced: true)], codeHash: 1
      ) { _ in PassOn() }
      let second = ProcessorDefinition(
        "second", epochsTopic: "\(prefix).second.epochs", quarantineTopic: "\(prefix).quarantine",
        inputs: [
          ProcessorInput("\(prefix).control", .control),
          ProcessorInput(
            "\(prefix).partials", writtenBy: [.init("first", epochsTopic: "\(prefix).first.epochs")]),
        ], timeTopic: "\(prefix).time", codeHash: 1
      ) { _ in PassOn() }
      return [first, second]
    }
    let rebuilt = shadowed(definitions("real"), by: definitions("shadow"))
    #expect(rebuilt[0].inputs.map(\.topic) == ["real.control", "real.events"])
    #expect(rebuilt[1].inputs.map(\.topic) == ["real.control", "shadow.partials"])
    #expect(rebuilt[1].inputs[1].upstream.map(\.epochsTopic) == ["shadow.first.epochs"])
    let written = rebuilt.reduce(into: Set<String>()) { $0.formUnion($1.writtenTopics) }
    #expect(written.allSatisfy { $0.hasPrefix("shadow.") })
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
