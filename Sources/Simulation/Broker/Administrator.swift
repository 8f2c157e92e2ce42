// Makes the topic everybody uses, changes its settings, creates and deletes others.
import Basics
import BrokerProtocol

final class Administrator: SimulatedClient {
  private enum Wish {
    case scenery
    case settings
    case create(String)
    case delete(String)
  }

  private var wish = Wish.scenery
  private var awaitsAnswer = false
  private var created = 0
  private var existing: [String] = []

  func wake(_ world: Surroundings) {
    if !awaitsAnswer { act(world) }
    if world.isStormy || isBuilding { world.wake(within: .seconds(4)) }
  }

  private var isBuilding: Bool { if case .scenery = wish { true } else { false } }

  private func act(_ world: Surroundings) {
    awaitsAnswer = true
    switch wish {
    case .scenery: create(Scenery.records, Scenery.partitions, world)
    case .create(let name):
      world.model.topic(name, exists: nil)
      create(name, 1, world)
    case .delete(let name):
      world.model.topic(name, exists: nil)
      world.send(.deleteTopics(DeleteTopicsRequest(topics: [.init(name: name)])), version: 5)
    case .settings:
      let resource = ConfigResource(kind: .topic, name: Scenery.records)
      let configs = settings(segmentBytes: world.draw(200..<5000))
      world.send(
        .alterConfigs(AlterConfigsRequest(resources: [.init(resource: resource, configs: configs)])),
        version: 2)
    }
  }

  private func settings(segmentBytes: Int) -> [ConfigValue] {
    [
      ConfigValue(name: "segment.bytes", value: String(segmentBytes)),
      ConfigValue(name: "retention.ms", value: "-1"),
    ]
  }

  private func create(_ name: String, _ partitions: Int32, _ world: Surroundings) {
    let topic = CreateTopicsRequest.Topic(
      name: name, partitionCount: partitions, replicationFactor: 1, configs: settings(segmentBytes: 1000))
    world.send(.createTopics(CreateTopicsRequest(topics: [topic])), version: 7)
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
    default: break
    }
    choose(world)
  }

  private func choose(_ world: Surroundings) {
    switch world.draw(0..<3) {
    case 0: wish = .settings
    case 1 where !existing.isEmpty: wish = .delete(existing[world.draw(0..<existing.count)])
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
