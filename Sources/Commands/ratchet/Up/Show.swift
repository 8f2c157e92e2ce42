// What `ratchet up` does beside its work when it is asked to: a story to publish, a table to print. Neither
// can hurt the work: trouble with them is said once and ends them.
import Basics
import Kafka
import POSIX
import Runtime
import Story
import Topology

struct Show {
  private var story: StoryGenerator?
  private var publisher: StoryPublisher?
  private var watch: ScorecardWatch?

  /// Publishes the story's history before it returns, so that tasks which begin later fold it as it came.
  init(
    _ arguments: Arguments, _ client: ClientConfiguration, prefix: String, _ topics: [TopicDeclaration]
  ) throws {
    if arguments.flag("story") {
      let now = systemTime()
      var story = StoryGenerator(try storySettings(arguments, now: now, name: "story-\(now.rawValue)"))
      let publisher = try StoryPublisher(client, prefix: prefix)
      try publishHistory(&story, until: now, by: publisher) {
        print("  \($0)")
        flushStandardOutput()
      }
      (self.story, self.publisher) = (story, publisher)
    }
    guard arguments.flag("watch") else { return }
    let scorecards = topics.first { $0.name == "agent-scorecards" }
    do throws(KafkaError) {
      watch = try ScorecardWatch(client, prefix: prefix, partitions: Int32(scorecards?.partitions ?? 0))
    } catch {
      throw brokerDiagnostic(error, "no client can be made", at: client["bootstrap.servers"] ?? "")
    }
  }

  mutating func turn(_ workers: [WorkerStatus], _ log: Logger) {
    do throws(Diagnostic) { try publish() } catch {
      (story, publisher) = (nil, nil)
      log.warning("story_ended", "no more of the story; the work goes on", error: error.description)
    }
    do throws(KafkaError) {
      guard let table = try watch?.next(workers) else { return }
      print(table)
      flushStandardOutput()
    } catch {
      if case .retry = error { return }
      watch = nil
      log.warning("watch_ended", "no more tables; the work goes on", error: error.description)
    }
  }

  private mutating func publish() throws(Diagnostic) {
    guard let publisher else { return }
    let now = systemTime()
    while let time = story?.nextTime, time <= now, let event = story?.next() { try publisher.publish(event) }
    try publisher.push()
  }
}
