// One control topic, read by the tasks of several processors in one worker.
import Basics
import Testing

@testable import Runtime

/// Sends on what it is told, and what it is told to do it with: `event=setting`.
private struct Told: Processor {
  let settings = KeyValueStore<String, [UInt8]>("settings")
  var stores: [any TaskStore] { [settings] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let key = record.key, let value = record.value else { return .setAside(.invalid) }
    if record.input == 0 {
      settings["all"] = (settings["all"] ?? []) + value.copied
    } else {
      let all = settings["all"] ?? []
      context.emit(0, key: key, value: unsafe all.span.bytes)
    }
    return .folded
  }
}

@Suite struct SharedControlTests {
  private func processor(_ name: String) -> ProcessorDefinition {
    ProcessorDefinition(
      name, epochsTopic: "\(name).epochs", quarantineTopic: "quarantine",
      inputs: [ProcessorInput("control", .control), ProcessorInput("\(name).events", .outside)],
      outputs: [ProcessorOutput("\(name).out")], changelogTopics: ["\(name).changelog"], codeHash: 1
    ) { _ in Told() }
  }

  private func world() -> VirtualWorld {
    let world = VirtualWorld()
    for name in ["a", "b", "c"] {
      for topic in ["events", "epochs", "out", "changelog"] { world.cluster.topic("\(name).\(topic)", 1) }
    }
    for topic in ["control", "quarantine"] { world.cluster.topic(topic, 1) }
    return world
  }

  private func outputs(_ world: VirtualWorld, _ name: String) -> [String] {
    (world.cluster.logs[partition("\(name).out")] ?? []).map {
      String(decoding: ($0.key ?? []) + Array("=".utf8) + ($0.value ?? []), as: UTF8.self)
    }
  }

  private func controlRead(_ world: VirtualWorld, _ name: String) throws -> Int64 {
    try world.cluster.epochs("\(name).epochs").reduce(0) { sum, epoch in
      sum + (epoch.inputs.first { $0.partition.topic == "control" }?.ledger.read ?? 0)
    }
  }

  @Test(
    "each processor's task is told each control record once, whoever else reads it, also after a restart"
  )
  func each() throws {
    let world = world()
    world.cluster.publish("control", at: 1, "configuration", "1")
    let (a, b, c) = (processor("a"), processor("b"), processor("c"))
    world.start("w", [a, b])
    world.run(.seconds(1))
    world.cluster.publish("control", at: 2, "x", "2")
    world.run(.seconds(1))
    for name in ["a", "b", "c"] { world.cluster.publish("\(name).events", at: world.wallClock, name) }
    world.run(.seconds(1))
    #expect(outputs(world, "a") == ["a=12"] && outputs(world, "b") == ["b=12"])
    // One that begins at the beginning joins two that are behind it already.
    world.kill("w")
    world.start("w", [a, b, c])
    world.run(.seconds(1))
    world.cluster.publish("control", at: 3, "y", "3")
    world.run(.seconds(1))
    for name in ["a", "b", "c"] { world.cluster.publish("\(name).events", at: world.wallClock, name) }
    world.run(.seconds(1))
    #expect(outputs(world, "a") == ["a=12", "a=123"] && outputs(world, "b") == ["b=12", "b=123"])
    #expect(outputs(world, "c") == ["c=12", "c=123"])
    for name in ["a", "b", "c"] { #expect(try controlRead(world, name) == 3) }
  }

  @Test("a processor that takes long over its first configuration holds up no other")
  func limits() throws {
    let world = world()
    for number in 0..<500 { world.cluster.publish("control", at: 1, "k", "\(number % 10)") }
    world.cluster.publish("control", at: 1, "configuration", "!")
    var settings = EngineSettings()
    settings.recordsPerEpochMax = 20
    world.start("w", [processor("a"), processor("b")], settings)
    world.run(.seconds(3))
    for name in ["a", "b"] { #expect(try controlRead(world, name) == 501) }
  }
}
