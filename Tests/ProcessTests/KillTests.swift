// kill -9 at random moments, of instances and of the broker under them, while events keep coming.
import Basics
import Foundation
import POSIX
import Runtime
import Testing

@testable import ratchet

extension Processes {
  @Suite(.serialized) struct KillTests {
    private static let kills = number("RATCHET_KILLS") ?? 6

    @Test("whoever is killed, whenever: what is read equals what was sent, exactly, and replays")
    func kills() throws {
      let seed = number("RATCHET_SEED").map(UInt64.init) ?? .random(in: 0..<1_000_000)
      print("\(Self.kills) kills; repeat with RATCHET_SEED=\(seed) RATCHET_KILLS=\(Self.kills)")
      var random = SeededRandom(seed: seed)
      let world = try World(partitions: 8)
      let instances = ["a", "b", "c"].map { Instance($0, world) }
      func printed() -> String { instances.map { $0.printed.suffix(3000) }.joined(separator: "\n----\n") }
      for instance in instances { try instance.start() }
      try waitUntil("all tasks run", or: printed) { allRun(instances) }
      // In the end all of it is read back into memory.
      let load = try Load(world, burst: max(2, min(20, 800 / Self.kills)))
      let audit = Audit(world: world)
      var times: [String: [Duration]] = [:]
      for kill in 0..<Self.kills {
        pauseThread(.milliseconds(Int64(random.int(in: 0..<1500))))
        let instance = instances[random.int(in: 0..<instances.count)]
        // Every third time the broker, if it is the test's own.
        let victim: Running = kill % 3 == 1 ? world.broker as Running? ?? instance : instance
        victim.kill()
        let start = ContinuousClock.now
        try victim.start()
        if let instance = victim as? Instance {
          try waitUntil("a killed instance runs again", or: printed) { instance.isRunning }
          times["instance", default: []].append(ContinuousClock.now - start)
        } else {
          let before = epochs(instances)
          try waitUntil("epochs are committed again", or: printed) {
            allRun(instances) && epochs(instances) > before
          }
          times["broker", default: []].append(ContinuousClock.now - start)
        }
      }
      try load.stop()
      try audit.settle(or: printed)
      let records = try audit.check()
      for instance in instances { #expect(instance.stop() == 0, "\(instance.printed.suffix(3000))") }
      try world.expectIdenticalReplay()
      for (victim, times) in times.sorted(by: { $0.key < $1.key }) {
        print("restart to running, \(victim): \(distribution(times)) over \(times.count) kills")
      }
      print("\(records) events, each counted once")
    }

    /// Every task of all processors runs in exactly one place: rollouts has one, each other one has eight.
    private func allRun(_ instances: [Instance]) -> Bool {
      let tasks = instances.flatMap(\.tasks)
      return tasks.count == 41 && Set(tasks.map(\.name)).count == 41
        && tasks.allSatisfy { $0.state == "running" }
    }

    private func epochs(_ instances: [Instance]) -> Int64 {
      instances.flatMap(\.tasks).reduce(0) { $0 + ($1.epoch ?? 0) }
    }

    private func distribution(_ times: [Duration]) -> String {
      let sorted = times.sorted()
      func at(_ share: Double) -> String {
        "\(sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))].milliseconds) ms"
      }
      return "least \(at(0)), p50 \(at(0.5)), p90 \(at(0.9)), most \(at(1))"
    }
  }
}

private func number(_ variable: String) -> Int? { environmentVariable(variable).flatMap { Int($0) } }
