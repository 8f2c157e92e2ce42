// Time over librdkafka and a real broker: what the pure tests show must hold through commits, kills and
// restores.
import Basics
import Kafka
import Testing

@testable import Runtime

@Suite(.serialized) struct TimeLiveTests {
  private func windows(_ world: CountingWorld) -> ProcessorDefinition {
    ProcessorDefinition(
      "windows", epochsTopic: world.topic("epochs"), quarantineTopic: world.topic("quarantine"),
      inputs: [ProcessorInput(world.topic("events"), .outside)],
      outputs: [ProcessorOutput(world.topic("counts"), recordBytesMax: 1000)],
      changelogTopics: [world.topic("changelog"), world.topic("due")], timeTopic: world.topic("time"),
      codeHash: 1
    ) { _ in SumWindows(.tumbling(.seconds(10), grace: .seconds(60))) }
  }

  @Test("a window closes after the last event, in a worker that was given the timer by one that was killed")
  func closesAfterAKill() throws {
    let world = try CountingWorld(partitions: 1)
    let time = systemTime()
    try world.publish(20, keys: 2, value: "\(time.rawValue),3")
    do {
      let victim = try HandWorker(world, "a", processor: windows(world))
      try victim.turn { _ in victim.committedRecords == 20 }
    }
    #expect(try world.read("counts").isEmpty)
    let heir = try HandWorker(world, "a", processor: windows(world))
    try heir.turn { _ in heir.isIdle }
    heir.clockLead = .seconds(3600)
    let tail = try Tail(world, "counts")
    try eventually {
      for _ in 0..<10 { heir.turn() }
      try tail.read()
      return tail.records[0].count == 2
    }
    let (start, key) = (time.rawValue / 10_000 * 10_000, "[\(time.rawValue / 10_000 * 10_000),")
    let told = tail.records[0].map { "\($0.key) \(String(decoding: $0.value, as: UTF8.self))" }
    // Closed at its end and the allowed lateness, not at the hour when it was found out.
    let text = "\(start + 15_000) \(key)\(start + 10_000)) 10 30.0"
    #expect(told.sorted() == ["k0 \(text)", "k1 \(text)"])
  }

  @Test("an idle task's announcements make the timers of the tasks behind it fire")
  func twoStages() throws {
    let world = try CountingWorld(partitions: 2)
    let log = QuietWatch.Log()
    let relay = ProcessorDefinition(
      "relay", epochsTopic: world.topic("epochs"), quarantineTopic: world.topic("quarantine"),
      inputs: [ProcessorInput(world.topic("events"), .outside)],
      outputs: [ProcessorOutput(world.topic("counts"), isAnnounced: true)], codeHash: 1
    ) { _ in Relay() }
    let watch = ProcessorDefinition(
      "watch", epochsTopic: world.topic("watch-epochs"), quarantineTopic: world.topic("quarantine"),
      inputs: [
        ProcessorInput(
          world.topic("counts"), writtenBy: [.init("relay", epochsTopic: world.topic("epochs"))])
      ], timeTopic: world.topic("time"), codeHash: 1
    ) { _ in QuietWatch(log: log) }
    let worker = try HandWorker(world, "a", processor: relay, behind: [watch])
    try worker.turn { _ in worker.isIdle }
    try world.publish(4, keys: 4)
    // Each key's record, and its three timers: no more records come, so the last ones need an announcement.
    try worker.turn { _ in log.lines.count == 16 }
    #expect(Set(log.lines.map { $0.split(separator: " ")[1] }).count == 12)
  }
}
