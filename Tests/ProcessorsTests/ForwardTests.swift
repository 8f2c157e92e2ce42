// Records of a shipped processor that another task owns, by the keys that their types declare.
import Basics
import Testing

@testable import Processors
@testable import Runtime

@Suite struct ForwardTests {
  private let collect = ProcessorDefinition.collect(prefix: "t")

  /// What a folded event may make here, besides what it adds to the task's state.
  private func isPassedOn(topic: String, partition: Int32, key: String, value: String) -> Bool {
    topic == "chunk-judgements"
  }

  private func owner(_ key: String) -> Int32 { murmur2Partition(ofKey: key, of: 4).rawValue }

  @Test(
    "an event in a wrong partition goes to the owner of its key, whatever the record's own key is",
    arguments: [
      ("feedback", "feedback.given", #"{"feedback_type":"thumbs_up","execution_id":"run-1"}"#, "run-1"),
      ("feedback", "feedback.given", #"{"feedback_type":"thumbs_up","session_id":"s-1"}"#, "s-1"),
      ("feedback", "feedback.given", #"{"feedback_type":"thumbs_up","execution_id":"r\u00e9"}"#, "ré"),
      ("executions", "execution.completed", #"{"execution_id":"run-1","status":"ok"}"#, "run-1"),
      ("retrievals", "retrieval.judged", #"{"execution_id":"e","chunk_id":"c","relevant":true}"#, "e"),
    ])
  func wrongPartition(topic: String, type: String, data: String, key: String) {
    let event = FoldedTask.Record.event(topic, type, key: "wire", data)
    var right = FoldedTask(collect, partition: owner(key))
    let folded = right.epoch([event])
    #expect(folded.record.ledger.folded == 1 && folded.outputs(of: collect).allSatisfy(isPassedOn))

    var wrong = FoldedTask(collect, partition: (owner(key) + 1) % 4)
    let sent = wrong.epoch([event])
    #expect(sent.record.ledger.forwarded == 1)
    let outputs = sent.outputs(of: collect)
    #expect(outputs.map(\.topic) == ["collect.rekey"] && outputs[0].partition == owner(key))
    #expect(outputs[0].key == "wire" && outputs[0].value == data)

    var arrived = event
    arrived.topic = "collect.rekey"
    // The owner as if it had not had the event before: then it would be a duplicate.
    var owner = FoldedTask(collect, partition: owner(key))
    let final = owner.epoch([arrived])
    #expect(final.record.ledger.folded == 1 && final.outputs(of: collect).allSatisfy(isPassedOn))
    #expect(wrong.epoch([arrived]).record.ledger.folded == 1, "none is sent on twice")
  }

  @Test("control records are no events of the inputs, and a task that starts again knows what they set")
  func control() {
    var task = FoldedTask(collect)
    let first = task.epoch(
      FoldedTask.Record.configuration([("a", "1")])
        + [.event("control", "agent.configured", #"{"auto_collect":false}"#)])
    #expect(first.record.ledger.folded == 3 && first.outputs.isEmpty && first.record.configurationHash != 0)
    #expect(first.changelog.count == 3)
    var again = task.restored(from: [first.changelog])
    #expect(again.epoch(FoldedTask.Record.configuration([("a", "1")])).changelog.count == 2)
    #expect(task.epoch([.init(topic: "control", key: "x", value: "x")]).reasons == ["undecodable"])
  }
}
