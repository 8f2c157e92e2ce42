// The independent count: what the input topics hold, by other code than the product's, against everything
// that was published of it.
import Basics
import Foundation
import Runtime
import Testing

/// Counts of events by agent and type: `org-0/agent-3 ratchet.retrieval`.
typealias Counts = [String: Int]

struct Audit {
  let world: World

  /// Waits until all that the inputs hold has been counted or set aside.
  func settle(within limit: Duration = .seconds(60), or explain: () -> String) throws {
    let inputs = try World.inputs.map { try Tail(world, $0) }
    let scorecards = try Tail(world, "agent-scorecards")
    let quarantine = try Tail(world, "quarantine")
    var seen = ""
    try waitUntil(within: limit, "all is counted", or: { "\(seen); \(explain())" }) {
      for tail in inputs + [scorecards, quarantine] { try tail.read() }
      guard inputs.allSatisfy(\.isAtEnd) else { return false }
      let published = inputs.reduce(0) { $0 + $1.records.joined().count }
      let counted = try Self.counts(scorecards).values.reduce(0, +)
      seen = "\(published) published, \(counted) counted, \(quarantine.records.joined().count) set aside"
      return counted + quarantine.records.joined().count == published
    }
  }

  /// Everything that was published must follow from the inputs, once. Returns how many records they hold.
  @discardableResult
  func check(_ location: SourceLocation = #_sourceLocation) throws -> Int {
    var (expected, aside, read): (Counts, Set<String>, Int) = ([:], [], 0)
    // What its producer sent twice, not knowing whether it had arrived, lies in one partition and counts
    // once.
    var ids: Set<String> = []
    for noun in World.inputs {
      for (partition, records) in try world.read(noun).enumerated() {
        read += records.count
        for record in records {
          if let agent = record.headers["ce_agent"], let organization = record.headers["ce_organization"],
            let type = record.headers["ce_type"], ids.insert(record.headers["ce_id"] ?? "").inserted
          {
            expected["\(organization)/\(agent) \(type)", default: 0] += 1
          } else {
            aside.insert("\(world.topic(noun))/\(partition)@\(record.offset)")
          }
        }
      }
    }
    let found = try Self.counts(Tail(world, "agent-scorecards"), toEnd: true)
    #expect(found == expected, "counts by agent", sourceLocation: location)
    let quarantined = try world.read("quarantine").joined().map { record in
      let names = ["ratchet_topic", "ratchet_partition", "ratchet_offset"].map { record.headers[$0] ?? "?" }
      return "\(names[0])/\(names[1])@\(names[2])"
    }
    #expect(quarantined.sorted() == aside.sorted(), "each once in quarantine", sourceLocation: location)
    let collected = try checkEpochs("collect", of: World.inputs, location)
    #expect(collected.read == read, "records in the epochs of collect", sourceLocation: location)
    let folded = try checkEpochs("metrics", of: ["panes"], location)
    // What lies behind the last epoch can only be an idle task's word of its time, which has no key.
    let (partials, behind) = try split(world.read("panes"), at: folded.next)
    #expect(folded.read == partials.count, "partials in the epochs of metrics", sourceLocation: location)
    #expect(behind.allSatisfy { $0.key == nil }, "partials not folded", sourceLocation: location)
    return read
  }

  private func split(
    _ partitions: [[Record]], at next: [TopicPartition: Offset]
  ) -> (before: [Record], behind: [Record]) {
    var (before, behind): ([Record], [Record]) = ([], [])
    for (number, records) in partitions.enumerated() {
      let partition = TopicPartition(
        topic: world.topic("panes"), partition: PartitionID(Int32(number)))
      let end = next[partition] ?? .zero
      before += records.filter { $0.offset < end }
      behind += records.filter { $0.offset >= end }
    }
    return (before, behind)
  }

  /// Epochs follow each other without gap or overlap. Returns how many records of `inputs` they read, and
  /// up to where.
  private func checkEpochs(
    _ processor: String, of inputs: [String], _ location: SourceLocation
  ) throws -> (read: Int, next: [TopicPartition: Offset]) {
    let topics = Set(inputs.map(world.topic))
    var read: Int64 = 0
    var ends: [TopicPartition: Offset] = [:]
    for log in try world.read("\(processor).epochs") {
      var next: [TopicPartition: Offset] = [:]
      var (expected, time) = (Epoch(0), Timestamp.zero)
      for record in log {
        let epoch = try EpochRecord(decoding: record.value ?? [])
        #expect(epoch.epoch == expected, "an epoch of \(processor)", sourceLocation: location)
        #expect(epoch.recordedTime >= time, "recorded time of \(processor)", sourceLocation: location)
        (expected, time) = (epoch.epoch.next, epoch.recordedTime)
        for input in epoch.inputs {
          let place: Comment = "\(input.partition) in epoch \(epoch.epoch) of \(processor)"
          #expect(input.first == next[input.partition] ?? .zero, place, sourceLocation: location)
          next[input.partition] = input.next
        }
        for input in epoch.inputs where topics.contains(input.partition.topic) { read += input.ledger.read }
      }
      ends.merge(next) { $1 }
    }
    return (Int(read), ends)
  }

  /// The last scorecard of each agent, read by another JSON reader.
  private static func counts(_ tail: Tail, toEnd: Bool = false) throws -> Counts {
    if toEnd { while !tail.isAtEnd { try tail.read() } }
    var last: [String: [UInt8]] = [:]
    for record in tail.records.joined() { if let key = record.key { last[key] = record.value } }
    var counts: Counts = [:]
    for (key, value) in last {
      let object = try #require(try JSONSerialization.jsonObject(with: Data(value)) as? [String: Any])
      // Versions of prompts have scorecards of their own.
      guard object["prompt_version"] == nil else { continue }
      for measure in object["total"] as? [[String: Any]] ?? [] {
        guard measure["measure"] as? String == "events_by_type", let type = measure["part"] as? String,
          let events = measure["value"] as? Double
        else { continue }
        counts["\(key) \(type)"] = Int(events)
      }
    }
    return counts
  }
}
