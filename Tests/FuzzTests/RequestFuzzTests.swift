// Requests that clients should not send, from their bytes through the whole broker to the answer's bytes.
// A life is a thousand of them against one broker; to live one again: `RATCHET_SEED=<seed> swift test
// --filter FuzzTests`, to live more: `RATCHET_LIVES=<number>`.
import Basics
import Testing

@testable import BrokerCore
@testable import BrokerProtocol

@Suite(.serialized, .timeLimit(.minutes(60))) struct RequestFuzzTests {
  @Test("every kind of request there is takes part")
  func complete() { #expect(Set(requestTypes.map(\.key)) == Set(APIKey.allCases)) }

  @Test(
    "no request ends, hangs or fattens the broker, and none is answered twice",
    arguments: Lives.portions(of: 100))
  func requests(seeds: Range<UInt64>) async {
    await #expect(processExitsWith: .success) { [seeds] in
      try Lives.live(seeds) { seed in
        var life = try RequestLife(seed: seed)
        for _ in 0..<1000 { try life.step() }
        #expect(life.handled > 300)
      }
    }
  }
}

private struct RequestLife {
  private let disk = MemoryDisk()
  private var broker: Broker
  private var random: SeededRandom
  private var vocabulary = Vocabulary()
  private var now = Timestamp(milliseconds: 1_700_000_000_000)
  private var waiting: [ReplyToken: RequestHeader] = [:]
  private var nextToken: UInt64 = 0
  /// How many requests were understood.
  private(set) var handled = 0

  init(seed: UInt64) throws {
    random = SeededRandom(seed: seed)
    broker = try Self.open(disk, now)
  }

  private static func open(_ disk: MemoryDisk, _ now: Timestamp) throws(StoreError) -> Broker {
    var settings = BrokerSettings(seed: 1)
    settings.partitions_max = 4
    return try Broker.open(on: disk, storing: LogStoreSettings(), settings: settings, now: now).broker
  }

  mutating func step() throws {
    if var frame = seededRequest(vocabulary, &random) {
      if random.chance(1, in: 3) { frame = mutation(of: frame, &random) }
      send(frame)
    }
    if random.chance(1, in: 4) { pass(.milliseconds(random.int(in: 0..<5000))) }
    if random.chance(1, in: 4) { try flush() }
    if random.chance(1, in: 40) { pass(.seconds(random.int(in: 0..<900_000))) }
    if random.chance(1, in: 10) { try maintain() }
    if random.chance(1, in: 30) {
      broker.disconnected(ConnectionID(rawValue: UInt64(random.int(in: 0..<4))), now: now)
    }
    if random.chance(1, in: 300) {
      waiting = [:]
      broker = try Self.open(disk, now)
    }
    takeReplies()
  }

  private mutating func send(_ frame: [UInt8]) {
    guard let (header, request) = try? Request.decode(ByteSlice(frame)) else { return }
    handled += 1
    nextToken += 1
    let token = ReplyToken(rawValue: nextToken)
    waiting[token] = header
    let connection = ConnectionID(rawValue: UInt64(random.int(in: 0..<4)))
    broker.handle(request, header: header, from: connection, token: token, now: now)
  }

  private mutating func pass(_ duration: Duration) {
    now = now + duration
    broker.tick(now: now)
  }

  private mutating func flush() throws(StoreError) {
    while let job = broker.takeFlush() {
      try job.run()
      broker.completed(job, now: now)
    }
  }

  private mutating func maintain() throws(StoreError) {
    while let job = broker.takeMaintenance(now: now) {
      try job.run()
      broker.completed(job, now: now)
    }
  }

  /// Every answer can be written, and belongs to a request that waits for it.
  private mutating func takeReplies() {
    var writer = WireWriter()
    for reply in broker.takeReplies() {
      guard let header = waiting.removeValue(forKey: reply.address.token) else {
        Issue.record("an answer that nobody waits for: \(reply)")
        continue
      }
      writer.append(reply.response, to: header)
      writer.reset()
      vocabulary.learn(reply.response)
    }
  }
}
