// A worker's clients, as librdkafka behaves, over the simulated broker. Here are the facts, a process's
// connections and what a call may meet; `+Group` has the membership in the background, `+Reading` the
// fetching, `+Transaction` the producer. How failures are sorted follows `KafkaPort`.
internal import Basics
internal import BrokerCore
internal import BrokerProtocol
internal import Runtime

final class SimulatedPort: ClientPort {
  static let group = "engine"

  unowned let process: WorkerProcess
  let world: EngineWorld
  let instance: String
  /// The process is gone: nothing it does reaches anybody.
  var isDead = false
  /// How long the calls of this turn have taken.
  private(set) var spent: Duration = .zero
  var lateRequests: [LateRequest] = []

  private let asking: ConnectionID
  let fetching: ConnectionID
  var producing: ConnectionID
  var coordinating: ConnectionID
  private var allConnections: [ConnectionID]

  var membership = Membership()
  /// The right to commit offsets, as of the last assignment told.
  var right: (generation: Int32, member: String)?
  var told: [TopicPartition] = []

  var readings: [TopicPartition: Reading] = [:]
  var lastReading = 0
  var fetchUnderWay: FetchUnderWay?
  var isFetchPlanned = false

  var producer: SimulatedProducer?

  init(_ process: WorkerProcess) {
    self.process = process
    world = process.world
    instance = "worker-\(process.slot)"
    asking = world.newConnection(for: process.id)
    fetching = world.newConnection(for: process.id)
    producing = world.newConnection(for: process.id)
    coordinating = world.newConnection(for: process.id)
    allConnections = [asking, fetching, producing, coordinating]
  }

  var connections: [ConnectionID] { allConnections }

  func reconnect(_ connection: inout ConnectionID) {
    world.broker.hangUp(connection, world.now)
    connection = world.newConnection(for: process.id)
    allConnections.append(connection)
  }

  func beginTurn() { spent = .zero }

  /// The broker is gone; whatever was asked will not be answered.
  func connectionsBroke() {
    lateRequests.removeAll()
    fetchBroke()
    membershipBroke()
  }

  /// Late requests of a connection arrive before the next one, or never.
  func settleLateRequests(on connection: ConnectionID) {
    for late in lateRequests where late.connection == connection {
      if world.random.chance(1, in: 2) { late.arrive(in: world) } else { late.getLost() }
    }
    lateRequests.removeAll { $0.connection == connection }
  }

  // MARK: Calls

  /// Passes when the process lives; it may die here instead, before or after `body` has been carried out, or
  /// stand still behind it, once in `pauseOdds` calls.
  func call<Result>(
    pauseOdds: Int = 600, _ body: () throws(ClientFailure) -> Result
  ) throws(ClientFailure) -> Result {
    try passOrDie()
    spent += .milliseconds(Int64(world.random.int(in: 0..<3)))
    do throws(ClientFailure) {
      let result = try body()
      try passOrDie()
      if world.has(.pauses, 1, in: pauseOdds) {
        process.pause(for: .milliseconds(Int64(world.random.int(in: 500..<3500))))
      }
      return result
    } catch {
      // A failure is most often a timeout.
      if case .retry = error { spent += .milliseconds(Int64(world.random.int(in: 0..<200))) }
      throw error
    }
  }

  private func passOrDie() throws(ClientFailure) {
    if world.has(.crashes, 1, in: 900) { isDead = true }
    if isDead { throw .retry("the process is gone") }
  }

  /// Asks for something that says nothing about a transaction.
  private func ask(_ request: Request, version: Int16) throws(ClientFailure) -> Response {
    if world.has(.patience, 1, in: 25) { throw .retry("COORDINATOR_LOAD_IN_PROGRESS") }
    guard let response = world.exchange(request, version: version, on: asking, of: process) else {
      throw .retry("timed out")
    }
    return response
  }

  // MARK: Facts

  func clusterID() throws(ClientFailure) -> String {
    try call { () throws(ClientFailure) in
      guard case .describeCluster(let cluster) = try ask(.describeCluster(.init()), version: 0) else {
        throw .retry("no answer")
      }
      return cluster.clusterID
    }
  }

  func partitionCount(of topic: String) throws(ClientFailure) -> Int32 {
    try call { () throws(ClientFailure) in
      guard case .metadata(let metadata) = try ask(.metadata(MetadataRequest(topics: nil)), version: 8) else {
        throw .retry("no answer")
      }
      guard let known = metadata.topics.first(where: { $0.name == topic }), !known.partitions.isEmpty else {
        throw .refused("topic \(topic) does not exist")
      }
      return Int32(known.partitions.count)
    }
  }

  func committedOffset(of partition: TopicPartition) throws(ClientFailure) -> Offset? {
    try call { () throws(ClientFailure) in
      let asked = TopicEntry(name: partition.topic, partitions: [partition.partition])
      let request = OffsetFetchRequest(
        groups: [.init(groupID: Self.group, topics: [asked])],
        requireStable: world.sabotage != .unstableOffsets)
      guard case .offsetFetch(let answer) = try ask(.offsetFetch(request), version: 8) else {
        throw .retry("no answer")
      }
      let part = answer.groups[0].topics[0].partitions[0]
      guard part.error == .none else { throw .retry("\(part.error)") }
      return part.offset >= .zero ? part.offset : nil
    }
  }

  /// In no life anybody asks how far behind a task is.
  func knownEnd(of partition: TopicPartition) -> Offset? { nil }

  func bounds(of partitions: [TopicPartition]) throws(ClientFailure) -> [Range<Offset>] {
    try call { () throws(ClientFailure) in
      var bounds: [Range<Offset>] = []
      for partition in partitions {
        let first = try offset(.earliest, of: partition)
        bounds.append(first..<max(first, try offset(.latest, of: partition)))
      }
      return bounds
    }
  }

  private func offset(
    _ position: ListOffsetsRequest.Position, of partition: TopicPartition
  ) throws(ClientFailure) -> Offset {
    let part = ListOffsetsRequest.Partition(partition: partition.partition, position: position)
    let request = ListOffsetsRequest(
      isolation: .readUncommitted, topics: [TopicEntry(name: partition.topic, partitions: [part])])
    guard case .listOffsets(let answer) = try ask(.listOffsets(request), version: 5) else {
      throw .retry("no answer")
    }
    let found = answer.topics[0].partitions[0]
    guard found.error == .none else { throw .refused("\(found.error)") }
    return found.offset
  }

  /// The world waits; it wakes the worker when something has been fetched.
  func wait(_ duration: Duration) {}

  func close(deadline: Duration) {
    readings = [:]
    producer = nil
  }
}
