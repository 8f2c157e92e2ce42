// --inputs: what a start makes, reads and reports to when others publish under another prefix.
import Basics
import Foundation
import Kafka
import POSIX
import Replay
import Runtime
import Testing
import Topology

@testable import ratchet

@Suite struct InputsTests {
  private let world: CommandBroker
  private let declared: [TopicDeclaration]

  init() throws {
    world = try CommandBroker()
    (declared, _) = try declaredTopics(Arguments(.up, words: ["--topology", topologyFolder]) { _ in nil })
  }

  private func names(_ topics: [TopicDeclaration], _ prefix: String) -> Set<String> {
    Set(topics.map { $0.fullName(prefix: prefix) })
  }

  private func topics(under prefix: String) throws -> Set<String> {
    Set(try Admin(world.client).topics().keys.filter { $0.hasPrefix(prefix + ".") })
  }

  @Test("a start makes all topics but those that others publish to, and reads these where they are")
  func topics() {
    let own = names(ownTopics(declared, prefix: "v2", inputs: "ratchet"), "v2")
    let others = names(declared, "v2").subtracting(own)
    #expect(others.isSuperset(of: ["v2.feedback", "v2.telemetry", "v2.deployment-events", "v2.control"]))
    let theirs = names(declared, "ratchet").filter { others.contains("v2" + $0.dropFirst("ratchet".count)) }
    for processor in processors(prefix: "v2", inputs: "ratchet") {
      #expect(own.isSuperset(of: processor.writtenTopics), "\(processor.name)")
      let read = Set(processor.inputs.map(\.topic))
      #expect(read.subtracting(own).isSubset(of: theirs), "\(processor.name)")
      #expect(read.contains("ratchet.control"), "\(processor.name)")
    }
    #expect(ownTopics(declared, prefix: "v2", inputs: "v2") == declared)
  }

  @Test(
    "a prefix that can be none is refused by every command that takes it",
    arguments: ["up", "plan", "executor", "replay", "backtest", "rules explain", "verify"])
  func invalid(command: String) throws {
    let data = "--data \(world.folder.path)/d"
    // None starts where the prefix is not refused: what else is wrong is found later.
    let more = [
      "up": "\(data) --topology \(topologyFolder) --workers 0", "replay": "--processor collect --from 1",
      "plan": "\(data) --topology \(topologyFolder)", "executor": data,
      "backtest": "--rules \(topologyFolder)/rules", "rules explain": "up",
      "verify": "--topology \(topologyFolder)",
    ]
    let error = #expect(throws: UsageError.self) {
      try world.command("\(command) \(more[command] ?? "") --inputs Live")
    }
    #expect(error?.description.hasPrefix("--inputs: invalid prefix \"Live\"") == true)
    #expect(!isFolder("\(world.folder.path)/d"))
  }

  @Test("a prefix under which not all is there is told with what is missing, and nothing is made")
  func missing() throws {
    func plan(_ inputs: String) throws -> ratchet.ExitStatus {
      try world.command("plan --prefix v2 --inputs \(inputs) --topology \(topologyFolder)")
    }
    #expect(try plan("ratchet") == .success)
    let nowhere = #expect(throws: Diagnostic.self) { try plan("ratchat") }
    #expect(nowhere?.what.hasPrefix("there is no topic ratchat.feedback and ") == true)
    try Admin(world.client).deleteTopic("ratchet.telemetry")
    let one = #expect(throws: Diagnostic.self) { try plan("ratchet") }
    #expect(
      one?.description == """
        --inputs: there is no topic ratchet.telemetry
          a start makes the topics of --prefix v2 and reads these
          name the prefix that others publish to, or make them: ratchet topics apply --prefix ratchet
        """)
    #expect(try topics(under: "v2").isEmpty)
  }

  @Test("an executor of decisions under one prefix reports to the inputs of the other")
  func executor() throws {
    try applyTopics(
      ownTopics(declared, prefix: "v2", inputs: "ratchet"), prefix: "v2", to: TopicBroker(world.client)
    ) { _ in }
    let decision = """
      {"id":"a","organization":"acme","deployment_id":"d1","revision":1,"sequence":1,"action":"advance",\
      "target_percent":5,"candidate":"v2","baseline":"v1",\
      "traffic_class":{"header":"learning-enabled","value":"true"},"flags":[],"drill":false}
      """
    let producer = try Producer(world.client)
    let batch = ProduceBatch(topic: "v2.rollout-decisions")
    let (key, value) = (Array("d1".utf8), Array(decision.utf8))
    batch.append(to: PartitionID(0), key: unsafe key.span.bytes, value: unsafe value.span.bytes)
    try producer.produce(batch)
    try producer.flush(.seconds(20))
    let folder = try DataFolder("\(world.folder.path)/executor")
    let executor = try Executor(
      ExecutorDesk.Settings(folder: folder.path, flagFile: "\(folder.path)/flags.json", name: "x"),
      world.client, prefix: "v2", inputs: "ratchet",
      Logger(service: "test", version: "0", write: { _ in }))
    let deadline = ContinuousClock.now + .seconds(60)
    while try world.records("deployment-events").isEmpty {
      try #require(ContinuousClock.now < deadline, "nothing is reported")
      try executor.turn(.milliseconds(50))
    }
    #expect(try world.records("deployment-events").map(\.type) == ["deployment.reported"])
  }
}
