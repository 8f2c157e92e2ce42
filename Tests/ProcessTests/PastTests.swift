// The past of real processes: what all processors recorded is folded again to the same bytes, whatever made
// it, and a rebuild takes the place of what was in force.
import Basics
import Foundation
import Kafka
import Testing

@testable import ratchet

extension Processes {
  @Suite(.serialized) struct PastTests {
    /// What the rules in force would have told is what was told, and nothing is amiss.
    private func expectWhole(_ world: World, as prefix: String) throws {
      let place = ["--prefix", prefix, "--inputs", world.prefix]
      let told = try world.run(
        ["backtest", "--rules", "\(world.topology)/rules", "--against", "recorded", "--all"] + place)
      #expect(told.status == 0 && told.text.contains("0 differences"), "\(told.text)")
      let verified = try world.run(["verify", "--no-probe", "--topology", world.topology] + place)
      #expect(verified.text.contains("ok    topics"), "\(verified.text)")
      #expect(verified.text.contains("ok    configuration"), "\(verified.text)")
    }

    /// Starts the instance, publishes so many events, and ends it when all are counted.
    private func life(_ instance: Instance, _ world: World, events: Int) throws {
      try instance.start()
      try waitUntil("tasks run", or: { instance.printed }) { instance.isRunning }
      try Load(world, burst: events, limit: events).wait()
      try Audit(world: world).settle { instance.printed }
      #expect(instance.stop() == 0, "\(instance.printed)")
    }

    @Test(
      """
      a log that one worker began and three went on with, from nothing but changelogs, replays to the same \
      hashes by every processor
      """)
    func restored() throws {
      let world = try World(partitions: 3)
      let seat = ["--session-seconds", "2"]
      let one = Instance("one", world, seat + ["--workers", "1"])
      try life(one, world, events: 400)
      try FileManager.default.removeItem(atPath: "\(one.data)/engine")
      let three = Instance("three", world, seat + ["--workers", "3"], data: one.data)
      try life(three, world, events: 400)
      #expect(try Audit(world: world).check() == 800)
      try world.expectIdenticalReplay()
    }

    @Test("a rebuild put in force goes on behind its last epoch, over inputs that stay where they are")
    func putInForce() throws {
      let world = try World(partitions: 2)
      try life(Instance("old", world), world, events: 300)
      let (shadow, data) = ("\(world.prefix)-v2", "\(world.folder.path)/v2")
      let rebuild = try world.run(
        [
          "rebuild", "--shadow", shadow, "--data", data, "--prefix", world.prefix, "--topology",
          world.topology, "--workers", "2",
        ])
      #expect(rebuild.status == 0, "\(rebuild.text)")
      // What is in force is what stands on the control topic of the inputs, not the folder of this start.
      let more = "\(world.topology)/more.yaml"
      try "changed: 1\n".write(toFile: more, atomically: true, encoding: .utf8)
      world.written = shadow
      let new = Instance("new", world, ["--flags", "\(data)/flags.json"], data: data)
      try life(new, world, events: 300)
      let remark = "the configuration in force stays; \(world.topology) differs in more.yaml"
      #expect(new.printed.contains(remark), "\(new.printed)")
      #expect(!new.printed.contains("executor_ended"), "\(new.printed)")
      #expect(try Audit(world: world).check() == 600)
      try world.expectIdenticalReplay()
      try expectWhole(world, as: shadow)
      let made = Set(try world.admin.topics().keys)
      for noun in World.inputs + ["control", "telemetry", "deployment-events"] {
        #expect(!made.contains("\(shadow).\(noun)"))
      }
    }

    @Test("a start whose inputs are not there says which and makes nothing")
    func missingInputs() throws {
      let world = try World(partitions: 1)
      let start = try world.run(
        [
          "up", "--data", "\(world.folder.path)/x", "--prefix", "v2", "--inputs", world.prefix,
          "--topology", world.topology, "--http", "off",
        ])
      #expect(start.status == 1 && start.text.contains("there is no topic \(world.prefix).feedback and "))
      #expect(try world.admin.topics().keys.allSatisfy { !$0.hasPrefix("v2.") }, "\(start.text)")
    }
  }
}
