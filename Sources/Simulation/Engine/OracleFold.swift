// The two processors once more, as plain functions over plain values: what an epoch's records make of a
// task's memory and what it publishes. Nothing here is the engine's.
internal import Basics

/// One record that an epoch publishes.
struct ExpectedRecord: Hashable {
  /// In the processor's declared order; the quarantine and changelogs count for themselves.
  var number: Int
  var partition: Int32
  var timestamp: Int64
  var key: [UInt8]?
  var value: [UInt8]?
  var headers: [DeliveredRecord.Header] = []

  var sameAs: DeliveredRecord {
    DeliveredRecord(
      offset: .zero, timestamp: Timestamp(milliseconds: timestamp), key: key, value: value, headers: headers)
  }
}

/// A record read by the oracle, and where.
struct OracleRecord {
  var topic: String
  var partition: Int32
  var record: DeliveredRecord
}

/// What became of one record.
enum OracleVerdict: Hashable {
  case folded, forwarded
  case setAside(String)
}

/// One task as the oracle remembers it.
struct OracleTask {
  let processor: String
  let task: Int32
  let partitions: Int32
  var counts: [String: UInt64] = [:]
  var sums: [String: UInt64] = [:]
  /// Of the last configuration read.
  private(set) var configurationHash: UInt64 = 0
  /// When each key counts as idle.
  private var timers: [String: Int64] = [:]
  /// What upstream tasks have announced, as the engine keeps it.
  private var announced: [[UInt8]: [UInt8]] = [:]

  // Of the open epoch.
  var outputs: [ExpectedRecord] = []
  var quarantine: [ExpectedRecord] = []
  private var touchedCounts: [String] = []
  /// In the order in which they were touched since the last were published.
  private var unpublished: [String] = []
  private var touchedSums: [(key: String, wasThere: Bool)] = []
  private var touchedTimes: [(row: [UInt8], wasThere: Bool)] = []

  init(_ processor: String, _ task: Int32, partitions: Int32) {
    (self.processor, self.task, self.partitions) = (processor, task, partitions)
  }

  mutating func open() {
    (outputs, quarantine, touchedCounts, touchedSums, touchedTimes) = ([], [], [], [], [])
  }

  mutating func fold(_ read: OracleRecord, at time: Int64) -> OracleVerdict {
    if read.topic == Workload.forwarded, read.record.key == nil { return hear(read.record) }
    let before = outputs.count
    var verdict = processor == "pass" ? pass(read, time) : count(read, time)
    if outputs.dropFirst(before).contains(where: { Self.size($0) > Workload.recordBytesMax }) {
      verdict = .setAside("too-large")
    }
    if case .setAside(let reason) = verdict {
      outputs.removeSubrange(before...)
      setAside(read, reason, time)
    }
    return verdict
  }

  private static func size(_ record: ExpectedRecord) -> Int {
    (record.key?.count ?? 0) + (record.value?.count ?? 0)
  }

  private mutating func pass(_ read: OracleRecord, _ time: Int64) -> OracleVerdict {
    guard let key = read.record.key, read.record.value != nil else { return .setAside("undecodable") }
    let text = read.record.valueText
    if text == "bad" { return .setAside("invalid") }
    let header = DeliveredRecord.Header(name: "folded-at", value: Array("\(time)".utf8))
    publish(key, "\(task)|\(read.record.offset)|\(text)", time, [header])
    return text == "away" ? .forwarded : .folded
  }

  private mutating func count(_ read: OracleRecord, _ time: Int64) -> OracleVerdict {
    guard let bytes = read.record.key, let value = read.record.value else { return .setAside("undecodable") }
    let (key, text) = (String(decoding: bytes, as: UTF8.self), read.record.valueText)
    if read.topic == Workload.control {
      configurationHash = unsafe XXH64.hash(value.span.bytes)
      touchSum("!unit")
      sums["!unit"] = UInt64(text)
      return .folded
    }
    if text == "bad" { return .setAside("invalid") }
    if !touchedCounts.contains(key) { touchedCounts.append(key) }
    if !unpublished.contains(key) { unpublished.append(key) }
    counts[key, default: 0] += 1
    touchSum(key)
    if text.hasSuffix("drop") {
      sums[key] = nil
      if timers[key] != nil { setTimer(key, nil) }
    } else {
      setTimer(key, time + Workload.idleAfter_ms)
      let step = (sums["!unit"] ?? 1) &* UInt64(value.count) &+ UInt64(bitPattern: time)
      sums[key] = (sums[key] ?? 7) &* 31 &+ step
    }
    return .folded
  }

  // MARK: Time

  /// Fires what is due by `time`, in the order of due times and then of names. Before time, which stands at
  /// `now`, leaves a slot of ten seconds, what the slot touched is published.
  mutating func pass(from now: Int64, to time: Int64) {
    var now = now
    while true {
      let next = timers.min { ($0.value, $0.key) < ($1.value, $1.key) }
      let moment = max(now, min(next?.value ?? time, time))
      if moment / 10_000 > now / 10_000 { publishTouched(now) }
      guard let next, next.value <= time else { return }
      now = moment
      setTimer(next.key, nil)
      publish(Array(next.key.utf8), "\(task)|idle|\(sums[next.key] ?? 0)", next.value)
    }
  }

  private mutating func publishTouched(_ time: Int64) {
    for key in unpublished {
      publish(Array(key.utf8), "\(task)|\(counts[key] ?? 0)|\(sums[key] ?? 0)", time)
    }
    unpublished = []
  }

  private mutating func setTimer(_ key: String, _ due: Int64?) {
    touchTime([0] + Array(key.utf8), wasThere: timers[key] != nil)
    timers[key] = due
  }

  /// An announcement: version, processor, task, recorded time, watermark.
  private mutating func hear(_ record: DeliveredRecord) -> OracleVerdict {
    let bytes = record.value ?? []
    guard bytes.count == 1 + 4 + 4 + 4 + 16, bytes[0] == 1, Array(bytes[5..<9]) == Array("pass".utf8) else {
      return .setAside("undecodable")
    }
    // The input's number, the task, the processor.
    let row: [UInt8] = [1, 2, 0] + bytes[9..<13] + bytes[1..<9]
    touchTime(row, wasThere: announced[row] != nil)
    announced[row] = [1] + bytes[13...]
    return .folded
  }

  /// Behind an epoch's outputs, on every partition and outside of the hash: how far the task has come.
  mutating func announce(_ time: Int64, _ watermark: Int64) {
    var bytes: [UInt8] = [1]
    bytes.append(countedText: processor)
    bytes.append(littleEndian: task)
    bytes.append(littleEndian: time)
    bytes.append(littleEndian: watermark)
    for partition in 0..<partitions {
      outputs.append(
        ExpectedRecord(number: 0, partition: partition, timestamp: time, key: nil, value: bytes))
    }
  }

  private mutating func touchTime(_ row: [UInt8], wasThere: Bool) {
    if !touchedTimes.contains(where: { $0.row == row }) { touchedTimes.append((row, wasThere)) }
  }

  /// A row of the engine's own store: a timer's due time and nothing, or what was announced.
  private func timeRow(_ row: [UInt8]) -> [UInt8]? {
    if row[0] == 1 { return announced[row] }
    guard let due = timers[String(decoding: row.dropFirst(), as: UTF8.self)] else { return nil }
    var bytes: [UInt8] = [1]
    bytes.append(littleEndian: due)
    bytes.append(littleEndian: Int64(0))
    return bytes
  }

  // MARK: What comes out

  private mutating func touchSum(_ key: String) {
    if !touchedSums.contains(where: { $0.key == key }) { touchedSums.append((key, sums[key] != nil)) }
  }

  private mutating func publish(
    _ key: [UInt8], _ value: String, _ time: Int64, _ headers: [DeliveredRecord.Header] = []
  ) {
    let partition = murmur2Partition(ofKey: String(decoding: key, as: UTF8.self), of: partitions)
    outputs.append(
      ExpectedRecord(
        number: 0, partition: partition.rawValue, timestamp: time, key: key, value: Array(value.utf8),
        headers: headers))
  }

  private mutating func setAside(_ read: OracleRecord, _ reason: String, _ time: Int64) {
    let more: [(String, String)] = [
      ("ratchet_reason", reason), ("ratchet_processor", processor), ("ratchet_topic", read.topic),
      ("ratchet_partition", "\(read.partition)"), ("ratchet_offset", "\(read.record.offset)"),
      ("ratchet_timestamp", "\(read.record.timestamp.rawValue)"),
    ]
    let kept: [DeliveredRecord.Header] = [
      .init(name: "ratchet_rule", value: []), .init(name: "ratchet_pointer", value: []),
      .init(name: "ratchet_key", value: read.record.key),
      .init(name: "ratchet_value", value: Array((read.record.value == nil ? "null" : "whole").utf8)),
    ]
    quarantine.append(
      ExpectedRecord(
        number: 0, partition: 0, timestamp: time,
        key: Array("\(read.topic)/\(read.partition)@\(read.record.offset)".utf8),
        value: read.record.value ?? [],
        headers: read.record.headers + kept + more.map { .init(name: $0, value: Array($1.utf8)) }))
  }

  /// Behind the last record, at the epoch's recorded time: what the task publishes then, and its changes.
  mutating func close(at time: Int64) -> [ExpectedRecord] {
    publishTouched(time)
    let changed = touchedCounts.map { change(of: $0, counts[$0], store: 0, time) }
    // A key that came and went within the epoch leaves no trace.
    let summed = touchedSums.filter { $0.wasThere || sums[$0.key] != nil }
    let timed = touchedTimes.filter { $0.wasThere || timeRow($0.row) != nil }
    return changed + summed.map { change(of: $0.key, sums[$0.key], store: 1, time) }
      + timed.map {
        ExpectedRecord(number: 2, partition: task, timestamp: time, key: $0.row, value: timeRow($0.row))
      }
  }

  /// A change as the changelog has it: the value behind its schema version, most significant byte first.
  private func change(of key: String, _ value: UInt64?, store: Int, _ time: Int64) -> ExpectedRecord {
    let bytes = value.map { value in
      [UInt8(1)] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }
    return ExpectedRecord(
      number: store, partition: task, timestamp: time, key: Array(key.utf8), value: bytes)
  }
}
