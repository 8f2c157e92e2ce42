// A new start on the same disk: the state is what it was, from the journal as from a checkpoint.
import Basics
import BrokerProtocol
import Testing

@testable import BrokerCore

extension BrokerState {
  /// Two states are the same when they would be written down the same.
  var written: [[UInt8]] { checkpoint.map(\.encoded.bytes) }
}

@Suite struct BrokerRecoveryTests {
  /// A broker with something of everything.
  private func lived() throws -> Conversation {
    let talk = try Conversation()
    try talk.create("t", partitions: 2, ["retention.ms": "100000"])
    try talk.create("gone")
    _ = try talk.ask(.deleteTopics(DeleteTopicsRequest(topics: [.init(name: "gone")])), version: 6)
    var client = try TransactionalClient(talk, id: "x")
    try client.add("t")
    try client.produce(["aborted"], to: "t")
    try client.end(commit: false)
    try client.add("t", partition: 1)
    try client.produce(["committed"], to: "t", partition: 1)
    try client.end(commit: true)
    talk.pass(.seconds(2))
    try client.add("t")
    try client.produce(["open"], to: "t")
    try client.addOffsets(of: "g")
    try client.commit(3, of: "t", in: "g")
    let join = JoinGroupRequest(
      groupID: "g", sessionTimeout: .seconds(10), groupInstanceID: "one", protocolType: "consumer",
      protocols: [.init(name: "range", metadata: ByteSlice([1, 2]))])
    _ = try talk.ask(.joinGroup(join), version: 5)
    return talk
  }

  @Test("what was flushed comes back, from the journal")
  func fromJournal() throws {
    let talk = try lived()
    try talk.flush()
    let before = talk.broker.state.written
    try talk.restart()
    #expect(talk.broker.state.written == before)
    #expect(try talk.values(in: "t", .readCommitted) == [])
    #expect(try talk.values(in: "t", partition: 1, .readCommitted) == ["committed"])
  }

  @Test("what was flushed comes back, from a checkpoint and the journal after it")
  func fromCheckpoint() throws {
    let talk = try lived()
    talk.broker.checkpoint()
    try talk.flush()
    let job = try #require(talk.broker.takeMaintenance(now: talk.now))
    try job.run()
    talk.broker.completed(job, now: talk.now)
    _ = try talk.produce(.of(["after"]), to: "t")
    try talk.flush()
    let before = talk.broker.state.written
    try talk.restart()
    #expect(talk.broker.state.written == before)
    #expect(try talk.values(in: "t") == ["aborted", "open", "after"])
  }

  @Test("what was not flushed is gone, and the producer may send it again")
  func unflushed() throws {
    let talk = try Conversation()
    try talk.create("t")
    guard
      case .initProducerID(let producer) = try talk.ask(
        .initProducerID(InitProducerIDRequest(transactionalID: nil)), version: 4)
    else { return }
    func send(_ value: String, _ sequence: Int32) throws -> ErrorCode {
      try talk.produce(.of([value], producer: producer.producerID, epoch: 0, sequence: sequence), to: "t")
        .error
    }
    #expect(try send("a", 0) == .none)
    try talk.flush()
    #expect(try send("b", 1) == .none)
    try talk.restart()
    #expect(try send("b", 1) == .none)
    #expect(try send("a", 0) == .none)
    try talk.flush()
    #expect(try talk.values(in: "t") == ["a", "b"])
  }

  @Test("a transaction open at the crash can go on, and times out by its own clock")
  func openTransaction() throws {
    let talk = try lived()
    try talk.flush()
    try talk.restart()
    #expect(try talk.position(of: "g", in: "t", stable: true).error == .unstableOffsetCommit)
    talk.pass(.seconds(10))
    try talk.flush()
    #expect(try talk.position(of: "g", in: "t", stable: true).offset == .none)
    let part = try talk.fetch("t", from: 0, .readCommitted)
    #expect(part.lastStableOffset == part.highWatermark)
    #expect(try readable(part) == [])
  }

  @Test("a group's generation and static member survive")
  func group() throws {
    let talk = try lived()
    try talk.flush()
    let member = try #require(talk.broker.state.groups["g"]?.members.first)
    try talk.restart()
    let heartbeat = HeartbeatRequest(
      groupID: "g", generation: 1, memberID: member.id, groupInstanceID: "one")
    guard case .heartbeat(let response) = try talk.ask(.heartbeat(heartbeat), version: 4) else { return }
    #expect(response.error == .none)
  }

  @Test("every change reads back as it was written, and no damage to its bytes is fatal", arguments: 0..<20)
  func coding(seed: Int) throws {
    let talk = try lived()
    var random = SeededRandom(seed: UInt64(seed))
    for change in talk.broker.state.checkpoint {
      let bytes = change.encoded.bytes
      #expect(try Change(decoding: ByteSlice(bytes)).encoded.bytes == bytes)
      for _ in 0..<50 {
        var damaged = bytes
        damaged[random.int(in: 0..<damaged.count)] = UInt8(truncatingIfNeeded: random.next())
        if random.chance(1, in: 3) { damaged.removeLast(random.int(in: 0..<damaged.count)) }
        _ = try? Change(decoding: ByteSlice(damaged))
      }
    }
  }
}
