// What `ratchet up` does beside its work when it is asked to: samples to publish, a table to print. Neither
// can hurt the work: trouble with them is said once and ends them.
import Basics
import Kafka
import POSIX
import Runtime
import Topology

struct Show {
  private var samples: SamplePublisher?
  private var watch: ScorecardWatch?
  private var lastSample = ContinuousClock.now
  private static let sampleInterval = Duration.milliseconds(500)

  init(
    _ arguments: Arguments, _ client: ClientConfiguration, prefix: String, _ topics: [TopicDeclaration]
  ) throws {
    let partitions = Dictionary(topics.map { ($0.name, Int32($0.partitions)) }) { first, _ in first }
    do throws(KafkaError) {
      if arguments.flag("sample") {
        samples = try SamplePublisher(client, prefix: prefix, partitions: partitions)
      }
      if arguments.flag("watch") {
        watch = try ScorecardWatch(client, prefix: prefix, partitions: partitions["agent-scorecards"] ?? 0)
      }
    } catch {
      throw brokerDiagnostic(error, "no client can be made", at: client["bootstrap.servers"] ?? "")
    }
  }

  mutating func turn(_ workers: [WorkerStatus], _ log: Logger) {
    do throws(KafkaError) {
      if ContinuousClock.now - lastSample >= Self.sampleInterval {
        lastSample = .now
        try samples?.publish()
      }
      if let table = try watch?.next(workers) {
        print(table)
        flushStandardOutput()
      }
    } catch {
      if case .retry = error { return }
      (samples, watch) = (nil, nil)
      log.warning("show_ended", "no more samples and tables; the work goes on", error: error.description)
    }
  }
}
