// Group membership, against the mock cluster's coordinator.
import Basics
import Testing

@testable import Kafka

@Suite("Group membership")
struct GroupTests {
  let broker: MockBroker

  init() throws {
    broker = try MockBroker()
    broker.createTopic("epochs", partitions: 4)
  }

  private func member(_ instance: String) throws -> GroupMember {
    let member = try GroupMember(broker.client(["group.id": "g", "group.instance.id": instance]))
    try member.subscribe(["epochs"])
    return member
  }

  @Test("a member learns what it owns together with its generation, and gives it up when it shuts down")
  func assignedAndRevoked() throws {
    let member = try member("one")
    var events: [GroupMember.Rebalance] = []
    try eventually("it is assigned") {
      try member.poll(.milliseconds(100)) { events.append($0) }
      return !events.isEmpty
    }
    let all = (0..<4).map { TopicPartition("epochs", $0) }
    guard case .assigned(let partitions, let metadata) = events[0] else { throw Unexpected(got: "\(events)") }
    #expect(partitions.sorted() == all)
    #expect(metadata.group == "g" && metadata.instance == "one" && metadata.generation >= 0)
    #expect(try member.committed(partitions, timeout: .seconds(10)) == [:])
    try member.shutdown(deadline: .seconds(20)) { events.append($0) }
    guard case .revoked(let given) = try #require(events.last) else { throw Unexpected(got: "\(events)") }
    #expect(given.sorted() == all)
  }

  @Test("two members share the partitions; the first gives up all before it gets its part")
  func twoMembers() throws {
    let (first, second) = (try member("one"), try member("two"))
    var owned: [Set<TopicPartition>] = [[], []]
    func follow(_ index: Int, _ event: GroupMember.Rebalance) {
      switch event {
      case .assigned(let partitions, _):
        #expect(owned[index].isEmpty)
        owned[index] = Set(partitions)
      case .revoked, .lost: owned[index] = []
      case .failed: break
      }
    }
    try eventually(within: .seconds(60), "each owns two") {
      try first.poll(.milliseconds(50)) { follow(0, $0) }
      try second.poll(.milliseconds(50)) { follow(1, $0) }
      return owned[0].count == 2 && owned[1].count == 2
    }
    #expect(owned[0].isDisjoint(with: owned[1]))
  }

  @Test("metadata without an instance id, with a negative generation or cut short is refused")
  func refusedMetadata() throws {
    #expect(GroupMetadata(group: "g", generation: 1, member: "m", instance: nil) == nil)
    #expect(GroupMetadata(group: "g", generation: -1, member: "m", instance: "i") == nil)
    #expect(GroupMetadata(group: "g", generation: 1, member: "", instance: "i") == nil)
    let whole = Array("CGMDv2:".utf8) + [2, 1, 0, 0] + Array("g\0m\0".utf8) + [0] + Array("i\0".utf8)
    #expect(GroupMetadata(serialized: whole)?.generation == 258)
    for count in 0..<(whole.count - 2) {
      #expect(GroupMetadata(serialized: Array(whole.prefix(count))) == nil)
    }
  }
}
