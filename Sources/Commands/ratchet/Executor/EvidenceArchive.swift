// What must be preserved with a rollback (R10.6): the decision with its reason, the records that the
// measurement was made of, and what was learned: examples, sessions, patterns, feedback. Made behind the act,
// never before.
import Basics
import Compression
import Kafka
import POSIX

/// Writes archives: one LZ4 frame of JSON lines a decision.
struct EvidenceArchive {
  let folder: String
  let client: ClientConfiguration
  let prefix: String

  /// What one archive holds at most of the inputs' records; what is left out is said in its last line.
  static let recordsMax = 200_000
  /// A topic that cannot be read within this time is left out.
  private static let patience = Duration.seconds(20)
  /// Projections of what was learned; those that the broker does not have are left out.
  static let projections = [
    "deployments", "learning-examples", "agent-scorecards", "learning-session-metrics",
    "pattern-quality-metrics",
  ]

  /// Returns the file's path.
  func write(_ decision: ExecutedDecision) throws -> String {
    try makeFolder(folder)
    let path = "\(folder)/\(decision.id).jsonl.lz4"
    let file = try File(path + ".new", create: .empty)
    var encoder = try LZ4Encoder(blockSize: .kb256, contentChecksum: true)
    var position = 0
    func append(_ bytes: RawSpan) throws {
      if bytes.isEmpty { return }
      let copy = unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
      try file.write([ByteSlice(copy)], at: position)
      position += copy.count
    }
    func add(_ line: [UInt8]) throws {
      let line = line + [UInt8(ascii: "\n")]
      try append(try encoder.append(unsafe line.span.bytes))
    }
    try add(Array("{\"kind\":\"decision\",\"value\":".utf8) + decision.json + Array("}".utf8))
    var count = 0
    for range in decision.evidence { try records(range, &count) { try add($0) } }
    for topic in Self.projections { try projection(topic, of: decision) { try add($0) } }
    if count >= Self.recordsMax { try add(Array("{\"kind\":\"cut\",\"records\":\(count)}".utf8)) }
    try append(try encoder.finish())
    try file.sync()
    try renameFile(path + ".new", to: path)
    try syncFolder(folder)
    return path
  }

  private func records(
    _ range: (place: TopicPartition, first: Offset, last: Offset), _ count: inout Int,
    _ add: ([UInt8]) throws -> Void
  ) throws {
    let consumer = try Consumer(
      client.setting(["isolation.level": "read_committed", "fetch.wait.max.ms": "100"]))
    let queue = try consumer.start(range.place, at: .offset(range.first))
    var batch = ConsumeBatch(capacity: 1000)
    let deadline = ContinuousClock.now + Self.patience
    while count < Self.recordsMax, ContinuousClock.now < deadline {
      consumer.wait(.milliseconds(50))
      try queue.read(into: &batch)
      for index in 0..<batch.count {
        let (offset, value) = (batch[index].offset, batch[index].value)
        if offset > range.last { return }
        guard let value else { continue }
        try add(line(range.place, offset, value))
        count += 1
      }
      if queue.end != nil { return }
    }
  }

  private func projection(
    _ topic: String, of decision: ExecutedDecision, _ add: ([UInt8]) throws -> Void
  ) throws {
    let follower = try TopicFollower([topic], prefix: prefix, client)
    guard follower.partitionCount > 0 else { return }
    var rows: [String: FollowedRecord] = [:]
    let deadline = ContinuousClock.now + Self.patience
    while !follower.hasCaughtUp, ContinuousClock.now < deadline {
      try follower.turn(.milliseconds(50)) { record in
        if record.leaves?["organization"] == decision.organization { rows[record.key] = record }
      }
    }
    for key in rows.keys.sorted() {
      guard let row = rows[key], let value = row.value else { continue }
      try add(line(row.partition, row.offset, unsafe value.span.bytes))
    }
  }

  /// A record whose value is JSON stands as it is; other bytes stand as text.
  private func line(_ place: TopicPartition, _ offset: Offset, _ value: RawSpan) -> [UInt8] {
    let bytes = unsafe value.withUnsafeBytes { unsafe [UInt8]($0) }
    let isJSON = JSONLeaves(value) != nil
    let text = isJSON ? bytes : Array(quoted(String(decoding: bytes, as: UTF8.self)).utf8)
    let head =
      "{\"kind\":\"record\",\"topic\":\(quoted(place.topic)),\"partition\":\(place.partition),"
      + "\"offset\":\(offset),\"value\":"
    return Array(head.utf8) + text + Array("}".utf8)
  }
}
