// Setting aside, listing, showing and redriving, with the real engine over a broker on the wire.
import Basics
import BrokerCore
import BrokerServer
import Foundation
import Kafka
import Processors
import Runtime
import Testing

@testable import ratchet

@Suite final class QuarantineTests {
  private let broker: EmbeddedBroker
  private let client: ClientConfiguration
  private let folder: URL

  init() throws {
    var settings = EmbeddedBrokerSettings(disk: MemoryDisk(), broker: BrokerSettings(seed: 1))
    settings.server.listen = Endpoint(host: "127.0.0.1", port: 0)
    broker = try EmbeddedBroker.start(settings, log: Logger(service: "test", version: "0", write: { _ in }))
    client = ["bootstrap.servers": broker.endpoint.description]
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("ratchet-\(UUID().uuidString)")
    _ = try command("topics apply --topology \(topologyFolder)")
    _ = try command("control apply \(topologyFolder)")
  }

  deinit {
    try? broker.stop()
    try? FileManager.default.removeItem(at: folder)
  }

  private func arguments(_ line: String) throws -> (Command, Arguments) {
    let environment = ["RATCHET_BOOTSTRAP": broker.endpoint.description]
    guard
      case .run(let command, let arguments) = try Invocation(
        line.split(separator: " ").map(String.init), among: commandTable, environment: { environment[$0] })
    else { throw UsageError("not a run") }
    return (command, arguments)
  }

  private func command(_ line: String) throws -> ratchet.ExitStatus {
    let (command, arguments) = try arguments(line)
    return try command.run(arguments)
  }

  private func topic() throws -> QuarantineTopic { try QuarantineTopic(prefix: "ratchet", client) }

  private func redrive() throws -> Redrive {
    try Redrive(topic(), prefix: "ratchet", arguments("quarantine redrive --reason x").1)
  }

  /// Three records that cannot be decoded, in partitions 0, 1, 2; the first with headers of every kind.
  private func publishBad() throws {
    let producer = try Producer(client)
    let batch = ProduceBatch(topic: "ratchet.feedback")
    for partition in 0..<3 {
      let (key, value) = (Array("key-\(partition)".utf8), [UInt8(ascii: "{"), 0xFF, UInt8(partition)])
      batch.append(
        to: PartitionID(Int32(partition)), key: unsafe key.span.bytes, value: unsafe value.span.bytes,
        timestamp: Timestamp(milliseconds: 1_700_000_000_000 + Int64(partition)))
      guard partition == 0 else { continue }
      let (name, misleading, empty) = (Array("ratchet_reason".utf8), Array("mine".utf8), Array("e".utf8))
      batch.appendHeader(unsafe name.span.bytes, unsafe misleading.span.bytes)
      batch.appendHeader(unsafe empty.span.bytes, nil)
    }
    try producer.produce(batch)
    try producer.flush(.seconds(20))
  }

  /// Runs the engine until so many records are in quarantine.
  private func setAside(_ count: Int) throws {
    let engine = try Engine.start(
      shippedProcessors(prefix: "ratchet"), client: client, group: "ratchet", folder: DataFolder(folder.path))
    defer { engine.stop(within: .seconds(5)) }
    let deadline = ContinuousClock.now + .seconds(60)
    while try records().count < count {
      try #require(ContinuousClock.now < deadline)
    }
  }

  private func records() throws -> [QuarantinedRecord] {
    var records: [QuarantinedRecord] = []
    try topic().read { records.append($0) }
    return records
  }

  /// Every record of the source topic, read as if it were quarantine's: key, value, headers, time and place.
  private func sources() throws -> [QuarantinedRecord] {
    var records: [QuarantinedRecord] = []
    let consumer = try Consumer(client.setting(["fetch.wait.max.ms": "10"]))
    var batch = ConsumeBatch(capacity: 100)
    for partition in 0..<3 {
      let queue = try consumer.start(
        TopicPartition(topic: "ratchet.feedback", partition: PartitionID(Int32(partition))), at: .earliest)
      while queue.end == nil {
        consumer.wait(.milliseconds(20))
        try queue.read(into: &batch)
        for index in 0..<batch.count { records.append(QuarantinedRecord(batch[index])) }
      }
    }
    return records
  }

  @Test("a record set aside is listed, shown and redriven exactly as it was, and only once")
  func wholeWay() throws {
    try publishBad()
    try setAside(3)
    let aside = try records()
    let before = try sources()
    #expect(Set(aside.map(\.reason)) == ["undecodable"] && aside.allSatisfy { $0.processor == "collect" })
    for (record, source) in zip(
      aside.sorted { ($0.key ?? []).lexicographicallyPrecedes($1.key ?? []) }, before)
    {
      let partition = TopicPartition(topic: "ratchet.feedback", partition: source.position.partition)
      var origin = QuarantinedRecord.Origin(
        partition: partition, offset: source.position.offset, timestamp: source.timestamp)
      origin.rule = "the header ce_specversion is missing: not an event in CloudEvents"
      origin.pointer = "/specversion"
      #expect(record.content == .input(origin))
      #expect(record.key == source.key && record.value == source.value && record.headers == source.headers)
    }
    #expect(before[0].headers == [RecordHeader("ratchet_reason", "mine"), .init(name: [0x65], value: nil)])

    var said: [String] = []
    var one = try redrive()
    #expect(try one.run(aside[0].position, reason: nil) { said.append($0) } == .success)
    var rest = try redrive()
    #expect(try rest.run(nil, reason: "undecodable") { said.append($0) } == .success)
    var again = try redrive()
    #expect(try again.run(nil, reason: "undecodable") { said.append($0) } == .success)
    #expect(said.filter { $0.contains(" redriven to ratchet.feedback/") }.count == 3)
    #expect(said.filter { $0.contains("was redriven before") }.count == 4)
    #expect(said.last == "0 redriven")

    let after = try sources()
    #expect(after.count == 6)
    for source in before {
      let twins = after.filter { $0.position.partition == source.position.partition }
      #expect(twins.count == 2)
      for twin in twins {
        #expect(twin.key == source.key && twin.value == source.value && twin.headers == source.headers)
        #expect(twin.timestamp == source.timestamp)
      }
    }
    var listing = QuarantineListing(reason: nil, limit: 2)
    try topic().read { listing.add($0) }
    let text = listing.text(of: "q", at: "b")
    #expect(text.contains("3 set aside, 3 redriven") && text.contains("and 1 older"))
    #expect(try command("quarantine list") == .success)
    #expect(try command("quarantine show \(aside[0].position)") == .success)
  }

  @Test("of two people who redrive at the same time one is refused, and nothing is published twice")
  func twoAtOnce() throws {
    try publishBad()
    try setAside(3)
    var early = try redrive()
    let known = try #require(try records().first)
    #expect(try early.run(known.position, reason: nil) { _ in } == .success)
    var first = try redrive()
    var isInBetween = false
    #expect(throws: Diagnostic.self) {
      // The first has read which records were redriven and has published nothing yet.
      try first.run(nil, reason: "undecodable") { line in
        guard line.contains("was redriven before"), !isInBetween else { return }
        isInBetween = true
        do {
          var second = try redrive()
          #expect(try second.run(nil, reason: "undecodable") { _ in } == .success)
        } catch { Issue.record(error) }
      }
    }
    #expect(isInBetween)
    #expect(try sources().count == 6)
  }

  @Test("what is wrong with the call is said, and what is not there")
  func wrongCalls() throws {
    for (line, told) in [
      ("quarantine show nonsense", "\"nonsense\" is not PARTITION@OFFSET"),
      ("quarantine redrive", "give either a POSITION or --reason"),
      ("quarantine redrive 0@1 --reason late", "give either a POSITION or --reason"),
    ] {
      let error = #expect(throws: UsageError.self) { try command(line) }
      #expect(error?.diagnostic.what == told)
    }
    for (line, told) in [
      ("quarantine show 0@7", "no record was set aside at 0@7"),
      ("quarantine show 99@0", "ratchet.quarantine has no partition 99"),
      ("quarantine redrive 0@7", "no record was set aside at 0@7"),
      ("quarantine list --prefix nobody", "there is no topic nobody.quarantine"),
    ] {
      let error = #expect(throws: Diagnostic.self) { try command(line) }
      #expect(error?.what == told)
    }
    #expect(try command("quarantine list") == .success)
  }
}

@Suite struct QuarantinedRecordTests {
  private func record(_ headers: [RecordHeader]) -> QuarantinedRecord {
    QuarantinedRecord(
      QuarantinePosition(PartitionID(1), Offset(2)), at: .zero, key: Array("k\u{1B}[2J".utf8), value: [0xFF],
      allHeaders: headers)
  }

  private let engines = [
    ("ratchet_rule", "too old"), ("ratchet_pointer", "/time"), ("ratchet_key", "k\u{1B}[2J"),
    ("ratchet_value", "whole"), ("ratchet_reason", "late"), ("ratchet_processor", "metrics"),
    ("ratchet_topic", "t"),
    ("ratchet_partition", "3"), ("ratchet_offset", "4"), ("ratchet_timestamp", "5"),
  ].map { RecordHeader($0.0, $0.1) }

  @Test("only the last headers of those names are the engine's")
  func headers() {
    let twice = record(engines + engines)
    #expect(twice.headers == engines && twice.reason == "late")
    let partly = record(Array(engines.dropLast()))
    #expect(partly.content == .unknown && partly.headers.count == 9)
    let marker = record([
      RecordHeader("ratchet_redriven", "1@2"), RecordHeader("ratchet_redriven_to", "t/0@9"),
    ])
    #expect(marker.content == .redriven(QuarantinePosition(PartitionID(1), Offset(2)), to: "t/0@9"))
  }

  @Test(
    "a value that was null or left out is told from an empty one, and a forgotten record is known as such")
  func values() {
    func kept(_ word: String) -> QuarantinedRecord {
      var headers = engines
      headers[3] = RecordHeader("ratchet_value", word)
      headers[2] = RecordHeader(name: Array("ratchet_key".utf8), value: nil)
      return record(headers)
    }
    #expect(kept("whole").value == [0xFF] && kept("null").value == nil && kept("null").key == nil)
    guard case .input(let origin) = kept("left out 17").content else { return #expect(Bool(false)) }
    #expect(origin.leftOut_bytes == 17 && origin.rule == "too old" && origin.pointer == "/time")
    let tombstone = QuarantinedRecord(
      QuarantinePosition(PartitionID(0), Offset(3)), at: .zero, key: Array("t/3@4".utf8), value: nil,
      allHeaders: [RecordHeader("ratchet_erased", "collect")])
    #expect(tombstone.content == .erased && tombstone.storedKey == Array("t/3@4".utf8))
  }

  @Test("positions are read as they are written, alone or behind their topic")
  func positions() {
    #expect(QuarantinePosition("2@15")?.description == "2@15")
    #expect(QuarantinePosition("ratchet.quarantine/2@15")?.description == "2@15")
    for wrong in ["", "2", "@", "2@", "-1@0", "0@-1", "2@1@3", "99999999999@0"] {
      #expect(QuarantinePosition(wrong) == nil, "\(wrong)")
    }
  }

  @Test("bytes that would steer a terminal are shown escaped")
  func escaped() {
    let text = shown(record(engines), "t/3@9")
    #expect(text.contains(#"key           "k\u001b[2J""#) && text.hasSuffix("\n\n0xff"))
    #expect(text.contains("original      t/3@4\n") && text.contains("redriven to   t/3@9\n"))
  }
}
