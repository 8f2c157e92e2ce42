// Makes the topics everybody uses, changes their settings and deletes old records; creates and deletes
// others.
import Basics
import BrokerProtocol

final class Administrator: SimulatedClient {
  private enum Wish {
    case scenery
    case settings
    case trim(Offset)
    case create(String)
    case delete(String)
  }

  private var wish = Wish.scenery
  private var awaitsAnswer = false
  private var created = 0
  private var nextTrim = Offset.zero
  private var existing: [String] = []

  func wake(_ world: Surroundings) {
    if !awaitsAnswer { act(world) }
    if world.isStormy || isBuilding { world.wake(within: .seconds(4)) }
  }

  private var isBuilding: Bool { if case .scenery = wish { true } else { false } }

  private func act(_ world: Surroundings) {
    awaitsAnswer = true
    switch wish {
    case .scenery:
      create(
        [
          topic(Scenery.records, Scenery.partitions), topic(Scenery.table.topic),
          topic(Scenery.trimmed.topic),
        ], world)
    case .trim(let offset):
      world.model.asksToTrim(Scenery.trimmed, below: offset)
      let part = DeleteRecordsRequest.Partition(partition: Scenery.trimmed.partition, offset: offset)
      let entry = TopicEntry(name: Scenery.trimmed.topic, partitions: [part])
      world.send(.deleteRecords(DeleteRecordsRequest(topics: [entry])), version: 2)
    case .create(let name):
      world.model.topic(name, exists: nil)
      create([topic(name)], world)
    case .delete(let name):
      world.model.topic(name, exists: nil)
      world.send(.deleteTopics(DeleteTopicsRequest(topics: [.init(name: name)])), version: 5)
    case .settings:
      let name = [Scenery.records, Scenery.table.topic, Scenery.trimmed.topic][world.draw(0..<3)]
      let resource = ConfigResource(kind: .topic, name: name)
      let configs = settings(of: name, segmentBytes: world.draw(200..<5000))
      world.send(
        .alterConfigs(AlterConfigsRequest(resources: [.init(resource: resource, configs: configs)])),
        version: 2)
    }
  }

  private func settings(of name: String, segmentBytes: Int) -> [ConfigValue] {
    let size = ConfigValue(name: "segment.bytes", value: String(segmentBytes))
    guard name == Scenery.table.topic else { return [size, ConfigValue(name: "retention.ms", value: "-1")] }
    return [
      size, ConfigValue(name: "cleanup.policy", value: "compact"),
      ConfigValue(name: "min.cleanable.dirty.ratio", value: "0"),
    ]
  }

  private func topic(_ name: String, _ partitions: Int32 = 1) -> CreateTopicsRequest.Topic {
    CreateTopicsRequest.Topic(
      name: name, partitionCount: partitions, replicationFactor: 1,
      configs: settings(of: name, segmentBytes: 500))
  }

  private func create(_ topics: [CreateTopicsRequest.Topic], _ world: Surroundings) {
    world.send(.createTopics(CreateTopicsRequest(topics: topics)), version: 7)
  }

  func receive(_ response: Response, _ world: Surroundings) {
    awaitsAnswer = false
    switch (wish, response) {
    case (.create(let name), .createTopics(let answer)):
      guard [.none, .topicAlreadyExists].contains(answer.topics[0].error) else { return }
      existing.append(name)
      world.model.topic(name, exists: true)
    case (.delete(let name), .deleteTopics):
      existing.removeAll { $0 == name }
      world.model.topic(name, exists: false)
    case (.trim, .deleteRecords(let answer)):
      let part = answer.topics[0].partitions[0]
      if part.error == .none { world.model.hasTrimmed(Scenery.trimmed, below: part.lowWatermark) }
    default: break
    }
    choose(world)
  }

  private func choose(_ world: Surroundings) {
    switch world.draw(0..<4) {
    case 0: wish = .settings
    case 1:
      nextTrim = nextTrim + Int64(world.draw(0..<12))
      wish = .trim(nextTrim)
    case 2 where !existing.isEmpty: wish = .delete(existing[world.draw(0..<existing.count)])
    default:
      created += 1
      wish = .create("other\(created)")
    }
  }

  func disconnected(_ world: Surroundings) {
    awaitsAnswer = false
    act(world)
  }
}
