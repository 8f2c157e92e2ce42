// What an installation keeps in its folder, and the engine that is started over one.
import Basics
import Kafka
import Testing

@testable import Runtime

@Suite struct DataFolderTests {
  @Test("the instance id is made once, and a folder has one holder at a time")
  func identity() throws {
    let remains = try Remains()
    do {
      let first = try DataFolder(remains.path, newID: 0xab)
      #expect(first.instanceID == "00000000000000ab")
      #expect(throws: Diagnostic.self) { try DataFolder(remains.path) }
      withExtendedLifetime(first) {}
    }
    #expect(try DataFolder(remains.path, newID: 0xcd).instanceID == "00000000000000ab")
  }

  @Test("an engine that stops and starts over its folder goes on counting")
  func restart() throws {
    let world = try CountingWorld(partitions: 2)
    let remains = try Remains()
    for round in 1...3 {
      let engine = try Engine.start(
        [world.processor], workers: 2, client: world.client, group: world.prefix,
        folder: DataFolder(remains.path))
      let tail = try Tail(world, "epochs")
      try world.publish(300, keys: 6)
      try eventually {
        try tail.read()
        return try tail.epochs().joined().reduce(0) { $0 + $1.ledger.read } >= 300 * round
      }
      engine.stop(within: .seconds(5))
      #expect(engine.status.allSatisfy { $0.state == .stopped })
    }
    let counts = try world.counts()
    #expect(counts.count == 6 && counts.values.allSatisfy { $0 == 150 })
  }
}
