// A member of a group whose members take turns: whoever has the partition fetches the position, and commits
// the next one, and the next. It may be paused for longer than its session and then commit what is no longer
// its own.
import Basics
import BrokerProtocol

final class GroupWorker: SimulatedClient {
  private enum Phase {
    case joining, syncing, fetching
    /// Owns the partition and has committed up to here.
    case working(Int64)
    case idle
  }

  private let name: String
  private var memberID = ""
  private var generation: Int32 = -1
  private var members: [String] = []
  private var phase = Phase.joining
  private var awaitsAnswer = false
  /// What was acknowledged when the position was asked for.
  private var floor: Int64 = 0
  private var committing: Int64?

  init(name: String) { self.name = name }

  func wake(_ world: Surroundings) {
    if !awaitsAnswer { act(world) }
    // At times longer than the session.
    world.wake(within: world.isStormy && world.chance(1, in: 30) ? .seconds(12) : .milliseconds(900))
  }

  private func act(_ world: Surroundings) {
    awaitsAnswer = true
    let topic = Scenery.records
    switch phase {
    case .joining:
      world.send(
        .joinGroup(
          JoinGroupRequest(
            groupID: Scenery.workers, sessionTimeout: .seconds(4), rebalanceTimeout: .seconds(6),
            memberID: memberID, protocolType: "consumer", protocols: [.init(name: "range")])),
        version: 7)
    case .syncing:
      let assignments = members.enumerated().map { index, member in
        SyncGroupRequest.Assignment(memberID: member, assignment: ByteSlice([index == 0 ? 1 : 0]))
      }
      world.send(
        .syncGroup(
          SyncGroupRequest(
            groupID: Scenery.workers, generation: generation, memberID: memberID, assignments: assignments)),
        version: 5)
    case .fetching:
      floor = world.model.acknowledgedPosition
      let asked = TopicEntry(name: topic, partitions: [PartitionID(0)])
      world.send(
        .offsetFetch(
          OffsetFetchRequest(
            groups: [.init(groupID: Scenery.workers, topics: [asked])], requireStable: true)),
        version: 8)
    case .working(let position) where world.isStormy && world.chance(2, in: 3):
      committing = position + 1
      world.model.attempt(position: position + 1)
      let part = CommittedOffset(partition: PartitionID(0), offset: Offset(position + 1))
      world.send(
        .offsetCommit(
          OffsetCommitRequest(
            groupID: Scenery.workers, generation: generation, memberID: memberID,
            topics: [TopicEntry(name: topic, partitions: [part])])), version: 8)
    case .working, .idle:
      world.send(
        .heartbeat(
          HeartbeatRequest(groupID: Scenery.workers, generation: generation, memberID: memberID)),
        version: 4)
    }
  }

  func disconnected(_ world: Surroundings) {
    awaitsAnswer = false
    committing = nil
    // What became of a commit is unknown: the position has to be asked for again.
    if case .working = phase { phase = .fetching }
    act(world)
  }
}

extension GroupWorker {
  func receive(_ response: Response, _ world: Surroundings) {
    awaitsAnswer = false
    switch response {
    case .joinGroup(let answer): joined(answer)
    case .syncGroup(let answer):
      if answer.error == .none {
        phase = answer.assignment.bytes == [1] ? .fetching : .idle
      } else {
        rejoin(answer.error)
      }
    case .offsetFetch(let answer): fetched(answer.groups[0].topics[0].partitions[0], world)
    case .offsetCommit(let answer): committed(answer.topics[0].partitions[0].error, world)
    case .heartbeat(let answer): if answer.error != .none { rejoin(answer.error) }
    default: break
    }
  }

  private func joined(_ answer: JoinGroupResponse) {
    memberID = answer.memberID
    guard answer.error == .none else { return rejoin(answer.error) }
    generation = answer.generation
    members = answer.members.map(\.memberID)
    phase = .syncing
  }

  private func rejoin(_ error: ErrorCode) {
    if error == .unknownMemberID { memberID = "" }
    phase = .joining
  }

  private func fetched(_ part: OffsetFetchResponse.Partition, _ world: Surroundings) {
    guard part.error == .none else { return }
    let position = max(0, part.offset.rawValue)
    world.model.told(position: position, floor: floor)
    phase = .working(position)
  }

  private func committed(_ error: ErrorCode, _ world: Surroundings) {
    guard let position = committing else { return }
    committing = nil
    switch error {
    case .none:
      world.model.acknowledge(position: position)
      phase = .working(position)
    case .unknownTopicOrPartition: break
    default: rejoin(error)
    }
  }
}
