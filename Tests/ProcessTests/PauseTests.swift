// The worker that sleeps in the worst place: its offsets are sent, its transaction is not ended, and by the
// time it wakes up another instance has its tasks.
import Basics
import Foundation
import Kafka
import POSIX
import Runtime
import Testing

@testable import ratchet

extension Processes {
  @Suite(.serialized) struct PauseTests {
    @Test("a worker paused behind its offsets until another has its tasks doubles nothing and loses nothing")
    func paused() throws {
      let world = try World(partitions: 2)
      let options = ["--session-seconds", "2"]
      let sleeper = Instance("sleeper", world, options)
      let heir = Instance("heir", world, options)
      try sleeper.start()
      try waitUntil("tasks run", or: { sleeper.printed }) { sleeper.isRunning }
      try heir.start()
      try waitUntil("both have tasks", or: { heir.printed }) { sleeper.isRunning && heir.isRunning }
      let own = Set(sleeper.tasks.map(\.name))
      let load = try Load(world, burst: 10, every: .milliseconds(2))
      let pending = try pause(sleeper, world)

      // While the transaction is open the heir gets the tasks and may not go on with those that are in it.
      try waitUntil("the heir has the tasks", or: { heir.printed }) {
        own.isSubset(of: heir.tasks.map(\.name))
      }
      // One that is still in it now was when its state was asked for.
      for task in heir.tasks where pending.contains(task.name) {
        guard try isPending(task.name, world) else { continue }
        #expect(task.state == "rebalancing")
      }
      sleeper.send(.proceed)
      try waitUntil("both go on", or: { sleeper.printed + heir.printed }) {
        sleeper.isRunning && heir.isRunning && !sleeper.tasks.isEmpty
      }
      try load.stop()
      let audit = Audit(world: world)
      try audit.settle { sleeper.printed + heir.printed }
      try audit.check()
      #expect(sleeper.stop() == 0 && heir.stop() == 0)
    }

    /// Pauses the instance at a moment when offsets of its epochs are sent and their transaction is open, and
    /// returns the tasks they belong to. There is no asking it to stop there: it is paused again and again
    /// until the group says that an offset of its is pending.
    private func pause(_ instance: Instance, _ world: World) throws -> Set<String> {
      let tasks = instance.tasks.map(\.name)
      for attempt in 0..<10_000 {
        instance.send(.pause)
        var pending: Set<String> = []
        for name in tasks where try isPending(name, world) { pending.insert(name) }
        if !pending.isEmpty {
          print("paused behind its offsets at attempt \(attempt): \(pending.sorted())")
          return pending
        }
        instance.send(.proceed)
        pauseThread(.milliseconds(Int64(attempt % 7)))
      }
      throw TooLate(what: "paused behind its offsets", seen: instance.printed)
    }

    private func isPending(_ name: String, _ world: World) throws -> Bool {
      let task = try #require(TaskID(name))
      let partition = TopicPartition(
        topic: world.topic("\(task.processor).epochs"), partition: task.partition)
      do throws(KafkaError) {
        _ = try world.admin.committedOffsets(of: world.prefix, [partition])
        return false
      } catch {
        guard error.cause?.name == "UNSTABLE_OFFSET_COMMIT" else { throw error }
        return true
      }
    }
  }
}
