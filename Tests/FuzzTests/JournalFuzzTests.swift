// Data folders whose files are wrong in any place: a start and a check refuse or recover. A life is ten
// folders with a hundred damages each; see RequestFuzzTests for how to live one again.
import Basics
import Testing

@testable import BrokerCore
@testable import BrokerProtocol

@Suite(.serialized, .timeLimit(.minutes(60))) struct JournalFuzzTests {
  @Test(
    "no damage of a data folder ends, hangs or fattens a start or a check of it",
    arguments: Lives.portions(of: 100))
  func damages(seeds: Range<UInt64>) async {
    await #expect(processExitsWith: .success) { [seeds] in
      try Lives.live(seeds) { seed in
        var random = SeededRandom(seed: seed)
        for _ in 0..<10 { try damageHundredTimes(&random) }
      }
    }
  }
}

private func damageHundredTimes(_ random: inout SeededRandom) throws {
  let sound = try filled(&random)
  let paths = sound.keys.sorted()
  for _ in 0..<100 {
    var files = sound
    let path = paths[random.int(in: 0..<paths.count)]
    files[path] = damaged(sound[path] ?? [], of: path, &random)
    let disk = MemoryDisk()
    for (path, bytes) in files { try disk.open(path, create: .empty).write([ByteSlice(bytes)], at: 0) }
    _ = try? StoreCheck(of: disk)
    let settings = BrokerSettings(seed: 1)
    guard
      let broker = try? Broker.open(
        on: disk, storing: LogStoreSettings(), settings: settings, now: .zero
      ).broker
    else { continue }
    // What opened must also go on.
    broker.tick(now: Timestamp(milliseconds: 1_800_000_000_000))
    while let job = broker.takeFlush() {
      try job.run()
      broker.completed(job, now: .zero)
    }
  }
}

/// A change that the file's checksum tells, or one that only reading further does.
private func damaged(_ bytes: [UInt8], of path: String, _ random: inout SeededRandom) -> [UInt8] {
  let isSealed = random.chance(1, in: 2)
  guard isSealed else { return mutation(of: bytes, &random) }
  if path == Checkpoint.path, bytes.count > 4 {
    var body = mutation(of: Array(bytes.dropLast(4)), &random)
    body.append(field: crc32c(body))
    return body
  }
  return resealed(bytes, &random) ?? mutation(of: bytes, &random)
}

/// One frame of a journal's file changed, under a right checksum; nil for other files.
private func resealed(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8]? {
  var frames: [Range<Int>] = []
  var at = 0
  while let (header, _) = FrameHeader.decode(ByteSlice(Array(bytes[at..<min(bytes.count, at + 32)]))) {
    let end = at + FrameHeader.size + header.bodySize
    guard end <= bytes.count else { break }
    frames.append(at..<end)
    at = end
  }
  guard !frames.isEmpty else { return nil }
  let frame = frames[random.int(in: 0..<frames.count)]
  let body = mutation(of: Array(bytes[(frame.lowerBound + FrameHeader.size)..<frame.upperBound]), &random)
  var head = Array(bytes[frame.lowerBound..<frame.lowerBound + 28])
  let size = UInt32(body.count).littleEndian
  head.replaceSubrange(4..<8, with: unsafe withUnsafeBytes(of: size) { unsafe Array($0) })
  let salt = LogStoreSettings().salt
  head.append(field: crc32c(body, continuing: crc32c(head, continuing: salt)))
  return bytes[..<frame.lowerBound] + head + body + bytes[frame.upperBound...]
}

/// The files of a small broker that has done a bit of everything, part of it behind a checkpoint.
private func filled(_ random: inout SeededRandom) throws -> [String: [UInt8]] {
  let disk = MemoryDisk()
  let settings = BrokerSettings(seed: 1)
  let broker = try Broker.open(on: disk, storing: LogStoreSettings(), settings: settings, now: .zero).broker
  var vocabulary = Vocabulary()
  for count in 0..<24 {
    guard let frame = seededRequest(vocabulary, &random),
      let (header, request) = try? Request.decode(ByteSlice(frame))
    else { continue }
    broker.handle(
      request, header: header, from: ConnectionID(rawValue: 1), token: ReplyToken(rawValue: UInt64(count)),
      now: .zero)
    for reply in broker.takeReplies() { vocabulary.learn(reply.response) }
    if count == 12 { broker.checkpoint() }
    while let job = broker.takeFlush() {
      try job.run()
      broker.completed(job, now: .zero)
    }
    while let job = broker.takeMaintenance(now: .zero) {
      try job.run()
      broker.completed(job, now: .zero)
    }
  }
  var files: [String: [UInt8]] = [:]
  for folder in ["", JournalFiles.folder, SegmentName.folder] {
    for name in disk.list(folder) {
      let path = folder.isEmpty ? name : "\(folder)/\(name)"
      files[path] = try disk.contents(of: path).bytes
    }
  }
  return files
}
