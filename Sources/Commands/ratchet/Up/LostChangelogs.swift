// What a start must not do: create a changelog anew whose tasks have committed epochs. Restored from it, they
// would go on with empty stores, and nobody would know.
import Basics
import Kafka
import Runtime
import Topology

/// Refuses, as `ratchet plan` does, when a processor has an epoch log with epochs and a changelog is not
/// there. To be asked before topics are created.
func refuseLostChangelogs(
  of processors: [ProcessorDefinition], prefix: String, _ folder: DataFolder, _ broker: TopicBroker,
  _ client: ClientConfiguration
) throws {
  let topics = Set(try broker.states(below: prefix, settingsOf: []).map(\.name))
  let suspects = processors.filter { processor in
    topics.contains(processor.epochsTopic)
      && !topics.isSuperset(of: Set(processor.allChangelogTopics))
  }
  guard !suspects.isEmpty else { return }
  let port = try KafkaPort(readingWith: client, partitions: 4)
  let disk = try StateWriter.existing(in: folder)
  defer { disk?.shutdown() }
  var refusals: [Diagnostic] = []
  for processor in suspects {
    for number in 0..<(try port.partitionCount(of: processor.epochsTopic)) {
      let forecast = try TaskForecast(
        PartitionID(number), of: processor, port, disk: disk,
        tombstoneRetention: EngineSettings().tombstoneRetention, now: systemTime())
      for store in forecast.stores where store.action == .refuse {
        refusals.append(
          Diagnostic(
            "the store \"\(store.name)\" would be lost", at: .named("\(forecast.task)"), why: store.why,
            next: "bring the topic back, or ratchet rebuild makes the state anew from the inputs; if the"
              + " store is new in this build, ratchet topics apply makes its topic"))
      }
    }
  }
  if !refusals.isEmpty { throw Diagnostics(refusals) }
}
