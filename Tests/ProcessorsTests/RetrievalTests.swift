// The processor of chunks, folded by the engine's own fold.
import Basics
import Events
import Learning
import Testing

@testable import Processors
@testable import Runtime

@Suite struct RetrievalProcessorTests {
  private let definition = ProcessorDefinition.retrieval(prefix: "t")

  private func judgement(
    _ evidence: ChunkJudgement.Evidence, organization: String = "acme"
  ) -> FoldedTask.Record {
    let judgement = ChunkJudgement(
      organization: organization, chunk: "c", agent: "a", evidence, at: EventTime(milliseconds: 0),
      position: EventPosition(TopicPartition(topic: "t.retrievals", partition: PartitionID(1)), Offset(5)))
    var bytes: [UInt8] = []
    judgement.store(into: &bytes)
    return FoldedTask.Record(topic: "chunk-judgements", key: "c", bytes: bytes)
  }

  @Test("judgements become a chunk's relevance, by organization, and a restored task goes on from them")
  func folds() {
    var task = FoldedTask(definition)
    let first = task.epoch([
      judgement(.relevant), judgement(.irrelevant), judgement(.relevant, organization: "b"),
      judgement(.cited),
    ])
    #expect(first.outputs(of: definition).map(\.key) == ["acme/c", "b/c"])
    #expect(
      first.outputs(of: definition).map(\.value) == [
        """
        {"schema_version":1,"organization":"acme","position":{"topic":"t.retrievals","partition":1,\
        "offset":5},\
        "chunk_id":"c","relevance":0.5,"relevant":1,"irrelevant":1,"cited":1,\
        "last_at":"1970-01-01T00:00:00.000Z"}
        """,
        """
        {"schema_version":1,"organization":"b","position":{"topic":"t.retrievals","partition":1,"offset":5},\
        "chunk_id":"c","relevance":0.6,"relevant":1,"irrelevant":0,"cited":0,\
        "last_at":"1970-01-01T00:00:00.000Z"}
        """,
      ])
    var again = task.restored(from: [first.changelog])
    let next = [judgement(.relevant)]
    #expect(
      again.epoch(next).outputs(of: definition).map(\.value)
        == task.epoch(next).outputs(of: definition).map(\.value))
    #expect(task.epoch([.init(topic: "chunk-judgements", key: "c", value: "x")]).reasons == ["undecodable"])
  }
}
