// Records that their producer put into another partition than their owner's.
import Basics
import Testing

@testable import Runtime

/// Counts by the key in the record's value, wherever its producer put it; "who" is a header that goes along.
private struct CountOwned: Processor {
  let counts = KeyValueStore<String, UInt64>("counts")
  var stores: [any TaskStore] { [counts] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    guard let value = record.value, record.header("who")?.text == "x" else { return .setAside(.undecodable) }
    if context.forward(record, toOwnerOf: value) { return .forwarded }
    let key = value.text
    counts.update(key) { $0 = ($0 ?? 0) + 1 }
    let text = Array("\(counts[key] ?? 0)".utf8)
    context.emit(0, key: value, value: unsafe text.span.bytes)
    return .folded
  }
}

@Suite struct RekeyTests {
  private let partitions: Int32 = 4
  private let processor = ProcessorDefinition(
    "count", epochsTopic: "epochs", quarantineTopic: "quarantine",
    inputs: [ProcessorInput("events", .outside)], outputs: [ProcessorOutput("counts")],
    changelogTopics: ["changelog"], rekey: ProcessorOutput("rekey", recordBytesMax: 100), codeHash: 1
  ) { _ in CountOwned() }

  private func world() -> VirtualWorld {
    let world = VirtualWorld()
    for topic in ["events", "epochs", "counts", "changelog", "rekey"] {
      world.cluster.topic(topic, partitions)
    }
    world.cluster.topic("quarantine", 1)
    return world
  }

  private func publish(_ world: VirtualWorld, _ number: Int32, _ value: String, at time: Int64 = 999_000) {
    world.cluster.logs[partition("events", number), default: []].append(
      .init(
        timestamp: Timestamp(milliseconds: time), key: Array("wire".utf8), value: Array(value.utf8),
        headers: [(Array("who".utf8), Array("x".utf8))]))
  }

  /// zlib's CRC-32, by which librdkafka's `consistent` partitioner divides.
  private func crc32(_ text: String) -> UInt32 {
    ~text.utf8.reduce(UInt32.max) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
    }
  }

  /// Publishes 400 events by a partitioner and returns the final counts and the ledger of each input.
  private func outcome(
    _ partitioner: (_ index: Int, _ key: String) -> Int32
  ) throws -> (counts: [String: String], ledgers: [String: Ledger], misplaced: Int64) {
    let world = world()
    var misplaced: Int64 = 0
    for index in 0..<400 {
      let key = "agent-\(index * index % 37)"
      let number = partitioner(index, key)
      if number != murmur2Partition(ofKey: key, of: partitions).rawValue { misplaced += 1 }
      publish(world, number, key, at: 999_000 + Int64(index))
    }
    world.start("w", [processor])
    world.run(.seconds(1))
    var (counts, ledgers) = ([String: String](), [String: Ledger]())
    for number in 0..<partitions {
      for record in world.cluster.logs[partition("counts", number)] ?? [] {
        let key = String(decoding: record.key ?? [], as: UTF8.self)
        #expect(murmur2Partition(ofKey: key, of: partitions).rawValue == number)
        counts[key] = String(decoding: record.value ?? [], as: UTF8.self)
      }
      for epoch in try world.cluster.epochs("epochs", number) {
        for input in epoch.inputs {
          ledgers[input.partition.topic] = (ledgers[input.partition.topic] ?? Ledger()) + input.ledger
        }
      }
    }
    return (counts, ledgers, misplaced)
  }

  @Test(
    "producers that partition by CRC-32, by murmur2 and in turn give the same result, and the ledger says how"
  )
  func partitioners() throws {
    let own = try outcome { murmur2Partition(ofKey: $1, of: partitions).rawValue }
    let crc = try outcome { Int32(crc32($1) % UInt32(partitions)) }
    let inTurn = try outcome { index, _ in Int32(index) % partitions }
    #expect(own.counts.count == 19 && own.counts.values.reduce(0) { $0 + (Int($1) ?? 0) } == 400)
    #expect(crc32("123456789") == 0xcbf4_3926, "the check value of CRC-32")
    #expect(own.misplaced == 0 && crc.misplaced > 100 && inTurn.misplaced > 100)
    for (counts, ledgers, misplaced) in [own, crc, inTurn] {
      #expect(counts == own.counts)
      let sent = Ledger(read: 400, folded: 400 - misplaced, forwarded: misplaced, setAside: [:])
      #expect(ledgers["events"] == sent)
      #expect(ledgers["rekey"] == Ledger(read: misplaced, folded: misplaced, forwarded: 0, setAside: [:]))
    }
  }

  @Test("a forwarded record keeps its key, value, timestamp and headers")
  func asItWas() throws {
    let world = world()
    let owner = murmur2Partition(ofKey: "agent", of: partitions)
    publish(world, (owner.rawValue + 1) % partitions, "agent", at: 998_765)
    world.start("w", [processor])
    world.run(.seconds(1))
    let forwarded = try #require(world.cluster.logs[partition("rekey", owner.rawValue)]?.first)
    #expect(forwarded.timestamp == Timestamp(milliseconds: 998_765))
    #expect(forwarded.key == Array("wire".utf8) && forwarded.value == Array("agent".utf8))
    #expect(forwarded.headers.map(\.name) == [Array("who".utf8)])
  }

  @Test("a record that was forwarded to the wrong task is folded there, not sent on again")
  func onlyOnce() throws {
    let world = world()
    let wrong = (murmur2Partition(ofKey: "agent", of: partitions).rawValue + 1) % partitions
    world.cluster.logs[partition("rekey", wrong)] = [
      .init(
        timestamp: Timestamp(milliseconds: 999_000), key: nil, value: Array("agent".utf8),
        headers: [(Array("who".utf8), Array("x".utf8))])
    ]
    world.start("w", [processor])
    world.run(.seconds(1))
    let ledger = try world.cluster.epochs("epochs", wrong).reduce(Ledger()) { $0 + $1.ledger }
    #expect(ledger == Ledger(read: 1, folded: 1, forwarded: 0, setAside: [:]))
  }

  @Test("a record too large for the rekey topic is set aside where it landed")
  func tooLarge() throws {
    let world = world()
    let key = String(repeating: "k", count: 101)
    publish(world, (murmur2Partition(ofKey: key, of: partitions).rawValue + 1) % partitions, key)
    world.start("w", [processor])
    world.run(.seconds(1))
    var ledger = Ledger()
    for number in 0..<partitions {
      ledger = try world.cluster.epochs("epochs", number).reduce(ledger) { $0 + $1.ledger }
    }
    #expect(ledger == Ledger(read: 1, folded: 0, forwarded: 0, setAside: [.tooLarge: 1]))
  }
}
