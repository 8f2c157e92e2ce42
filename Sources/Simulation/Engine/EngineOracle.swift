// Folds the recorded epochs of a life over its inputs, both as they stand in the topics, on one thread and
// with none of the engine's code, and compares: what was published with what ought to be, ranges, ledgers,
// hashes and numbers with what they claim.
internal import Basics

struct EngineOracle {
  private let world: EngineWorld
  private let reading: TopicReading
  private var complaints: [String] = []
  /// What ought to stand in a topic's partition, by the task that wrote it, in its order.
  private var expected: [String: [DeliveredRecord]] = [:]

  init(_ world: EngineWorld) {
    self.world = world
    reading = TopicReading(world)
  }

  private mutating func complain(_ complaint: String) {
    if complaints.count < 20 { complaints.append(complaint) }
  }

  /// What is wrong.
  consuming func judge() -> [String] {
    for processor in Workload.processors {
      for task in 0..<world.workload.partitions { fold(processor, task) }
    }
    compareOutputs()
    return complaints
  }

  // MARK: One task

  private mutating func fold(_ processor: String, _ task: Int32) {
    let name = "\(processor)/\(task)"
    var inputs: [String: [DeliveredRecord]] = [:]
    for input in Workload.inputs(of: processor) { inputs[input] = reading.records(of: input, task) }
    var memory = OracleTask(processor, task, partitions: world.workload.partitions)
    var place = Place(
      next: Dictionary(uniqueKeysWithValues: inputs.keys.map { ($0, Int64(0)) }), time: 0, watermark: .min)
    let epochs = reading.records(of: Workload.epochs(of: processor), task)
    compareRows(epochs, name)
    for (index, entry) in epochs.enumerated() {
      guard let epoch = try? LoggedEpochFields(decoding: entry.value ?? []) else {
        return complain("\(name): the epoch record at \(entry.offset) cannot be read")
      }
      guard epoch.number == index else {
        return complain("\(name): epoch \(epoch.number) stands where \(index) belongs")
      }
      if entry.timestamp.rawValue != epoch.recordedTime || entry.key != nil {
        complain("\(name): epoch \(index) is not stamped with its recorded time")
      }
      let records = take(epoch, from: inputs, &place, "\(name) epoch \(index)")
      settle(epoch, records, &memory, place, "\(name) epoch \(index)")
      (place.time, place.watermark) = (epoch.recordedTime, epoch.watermark)
      world.epochs += 1
      world.recordsRead += Int64(records.count)
    }
    for (input, records) in inputs.sorted(by: { $0.key < $1.key }) {
      let end = records.last?.offset.next.rawValue ?? 0
      if let next = place.next[input], next != end {
        complain("\(name): \(input) was read up to \(next), its records end at \(end)")
      }
    }
    if processor == "count" { compareCounts(memory, inputs, name) }
  }

  /// Rows follow the log: whatever they have said they hold stands there.
  private mutating func compareRows(_ epochs: [DeliveredRecord], _ name: String) {
    for claim in world.rowClaims where claim.task == name {
      let logged = epochs.indices.contains(Int(claim.epoch)) ? epochs[Int(claim.epoch)].value : nil
      guard let logged, unsafe XXH64.hash(logged.span.bytes) == claim.recordHash else {
        complain("\(name): its rows held an epoch \(claim.epoch) that is not in the log")
        continue
      }
    }
  }

  /// Where a task stands between two epochs.
  private struct Place {
    var next: [String: Int64]
    var time: Int64
    var watermark: Int64
  }

  /// The epoch's records, after a look at its ranges and times.
  private mutating func take(
    _ epoch: LoggedEpochFields, from inputs: [String: [DeliveredRecord]], _ place: inout Place, _ name: String
  ) -> [OracleRecord] {
    if epoch.recordedTime < place.time { complain("\(name): recorded time goes back") }
    if epoch.watermark < place.watermark { complain("\(name): the watermark goes back") }
    let topics = epoch.inputs.map(\.topic)
    if topics != inputs.keys.sorted() { complain("\(name): its inputs are \(topics)") }
    var taken: [OracleRecord] = []
    for input in epoch.inputs {
      let records = (inputs[input.topic] ?? []).filter {
        $0.offset.rawValue >= input.first && $0.offset.rawValue < input.next
      }
      if input.first != place.next[input.topic] {
        complain("\(name): \(input.topic) goes on at \(input.first), not \(place.next[input.topic] ?? -1)")
      }
      if input.next != records.last?.offset.next.rawValue ?? input.first {
        complain("\(name): \(input.topic) ends at \(input.next), behind no record")
      }
      if input.skipped != 0 { complain("\(name): something was skipped") }
      place.next[input.topic] = input.next
      taken += records.map { OracleRecord(topic: input.topic, partition: input.partition, record: $0) }
    }
    return ordered(taken)
  }

  /// Control first; then by the greatest timestamp that each partition has shown since the range's start, and
  /// what tasks wrote by its own.
  private func ordered(_ records: [OracleRecord]) -> [OracleRecord] {
    var greatest: [String: Int64] = [:]
    var placed: [(isControl: Bool, place: Int64, record: OracleRecord)] = []
    for read in records {
      let time = read.record.timestamp.rawValue
      let place = read.topic == Workload.forwarded ? time : max(greatest[read.topic] ?? .min, time)
      greatest[read.topic] = place
      placed.append((read.topic == Workload.control, place, read))
    }
    placed.sort { a, b in
      if a.isControl != b.isControl { return a.isControl }
      if !a.isControl, a.place != b.place { return a.place < b.place }
      if a.record.topic != b.record.topic { return a.record.topic < b.record.topic }
      return a.record.record.offset < b.record.record.offset
    }
    return placed.map(\.record)
  }

  /// Folds the epoch's records and compares what they make with what the epoch says of itself.
  private mutating func settle(
    _ epoch: LoggedEpochFields, _ records: [OracleRecord], _ memory: inout OracleTask, _ place: Place,
    _ name: String
  ) {
    var verdicts: [String: [OracleVerdict: Int64]] = [:]
    var time = place.time
    memory.open()
    for read in records {
      if read.topic != Workload.control {
        let reached = max(time, min(read.record.timestamp.rawValue, epoch.recordedTime))
        memory.pass(from: time, to: reached)
        time = reached
      }
      verdicts[read.topic, default: [:]][memory.fold(read, at: time), default: 0] += 1
    }
    memory.pass(from: time, to: epoch.recordedTime)
    if memory.configurationHash != epoch.configurationHash {
      complain("\(name): it names another configuration")
    }
    let changes = memory.close(at: epoch.recordedTime)
    for input in epoch.inputs { compare(input, verdicts[input.topic] ?? [:], name) }
    if hash(memory.outputs, seed: hash(memory.quarantine)) != epoch.outputHash {
      complain("\(name): its outputs have another hash")
    }
    if hash(changes) != epoch.stateHash { complain("\(name): its changes have another hash") }
    let writer = "\(memory.processor)/\(memory.task)"
    let output = memory.processor == "pass" ? Workload.forwarded : Workload.counts
    if memory.processor == "pass" { memory.announce(epoch.recordedTime, epoch.watermark) }
    for record in memory.outputs {
      expected["\(output)/\(record.partition) of \(writer)", default: []].append(record.sameAs)
    }
    for record in memory.quarantine {
      expected["\(Workload.quarantine)/0 of \(writer)", default: []].append(record.sameAs)
    }
    for record in changes {
      let topic = Workload.changelogs[record.number]
      expected["\(topic)/\(memory.task) of \(writer)", default: []].append(record.sameAs)
    }
  }

  private mutating func compare(
    _ input: LoggedEpochFields.Input, _ verdicts: [OracleVerdict: Int64], _ name: String
  ) {
    var claimed: [OracleVerdict: Int64] = [.folded: input.folded, .forwarded: input.forwarded]
    for (reason, count) in input.setAside { claimed[.setAside(reason), default: 0] += count }
    if claimed.filter({ $0.value != 0 }) != verdicts {
      complain("\(name): the ledger of \(input.topic) says \(text(claimed)), not \(text(verdicts))")
    }
    if input.read != input.folded + input.forwarded + input.setAside.reduce(0, { $0 + $1.count }) {
      complain("\(name): the ledger of \(input.topic) does not balance")
    }
  }

  private func text(_ verdicts: [OracleVerdict: Int64]) -> String {
    verdicts.filter { $0.value != 0 }.map { "\($0.value) \($0.key)" }.sorted().joined(separator: ", ")
  }

  /// As docs/epoch-records.md defines it.
  private func hash(_ records: [ExpectedRecord], seed: UInt64 = 0) -> UInt64 {
    var bytes: [UInt8] = []
    func append(_ field: [UInt8]?) {
      bytes.append(littleEndian: field.map { UInt32($0.count) } ?? .max)
      bytes += field ?? []
    }
    for record in records {
      bytes.append(littleEndian: UInt16(record.number))
      bytes.append(littleEndian: record.timestamp)
      append(record.key)
      append(record.value)
      bytes.append(littleEndian: UInt16(record.headers.count))
      for header in record.headers {
        append(Array(header.name.utf8))
        append(header.value)
      }
    }
    return unsafe XXH64.hash(bytes.span.bytes, seed: seed)
  }

  // MARK: All tasks together

  /// Counting needs no order and no time: the counts are those of a run in which nothing went wrong.
  private mutating func compareCounts(
    _ memory: OracleTask, _ inputs: [String: [DeliveredRecord]], _ name: String
  ) {
    var counts: [String: UInt64] = [:]
    for (input, records) in inputs where input != Workload.control {
      for record in records where record.key != nil && record.value != nil && record.valueText != "bad" {
        if let key = record.key { counts[String(decoding: key, as: UTF8.self), default: 0] += 1 }
      }
    }
    if counts != memory.counts { complain("\(name): the counts are not those of its inputs") }
  }

  private mutating func compareOutputs() {
    var found: [String: [DeliveredRecord]] = [:]
    let outputs = [Workload.forwarded, Workload.counts] + Workload.changelogs
    let places = outputs.flatMap { topic in (0..<world.workload.partitions).map { (topic, $0) } }
    for (topic, partition) in places + [(Workload.quarantine, 0)] {
      for record in reading.records(of: topic, partition) {
        var same = record
        same.offset = .zero
        found["\(topic)/\(partition) of \(writer(of: record, in: topic, partition))", default: []].append(
          same)
      }
    }
    for place in Set(found.keys).union(expected.keys).sorted() {
      let (has, ought) = (found[place] ?? [], expected[place] ?? [])
      guard has != ought else { continue }
      let index = zip(has, ought).prefix { $0 == $1 }.count
      complain("\(place): \(has.count) records, expected \(ought.count); they differ from number \(index) on")
    }
  }

  /// Which task has written a record.
  private func writer(of record: DeliveredRecord, in topic: String, _ partition: Int32) -> String {
    switch topic {
    case Workload.forwarded where record.key == nil: "pass/\(record.value?[9] ?? 255)"
    case Workload.forwarded: "pass/\(record.valueText.prefix { $0 != "|" })"
    case Workload.counts: "count/\(record.valueText.prefix { $0 != "|" })"
    case Workload.quarantine:
      "\(record.header("ratchet_processor") ?? "?")/\(record.header("ratchet_partition") ?? "?")"
    default: "count/\(partition)"
    }
  }
}
