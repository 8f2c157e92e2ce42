// What `ratchet up` does beside its work when it is asked to: a story to publish, a table to print. Neither
// can hurt the work: trouble with them is said once and ends them.
import Basics
import Kafka
import POSIX
import Runtime
import Story

struct Show {
  private var story: StoryGenerator?
  private var publisher: StoryPublisher?
  private var watch: LoopWatch?
  private var report: StatusReport?

  /// Publishes the story's history before it returns, so that tasks which begin later fold it as it came.
  init(
    _ arguments: Arguments, _ client: ClientConfiguration, prefix: String, inputs: String, instance: String
  ) throws {
    report = try StatusReport(client, prefix: prefix, inputs: inputs, instance: instance)
    if arguments.flag("story") {
      let now = systemTime()
      var story = StoryGenerator(try storySettings(arguments, now: now, name: "story-\(now.rawValue)"))
      let publisher = try StoryPublisher(client, prefix: inputs)
      try publishHistory(&story, until: now, by: publisher) {
        print("  \($0)")
        flushStandardOutput()
      }
      (self.story, self.publisher) = (story, publisher)
    }
    if arguments.flag("watch") { watch = try LoopWatch(client, prefix: prefix) }
  }

  mutating func turn(_ workers: [WorkerStatus], _ log: Logger) {
    do { try report?.turn(workers) } catch {
      report = nil
      log.warning(
        "report_ended", "no more telemetry of this instance; the work goes on", error: "\(error)")
    }
    do throws(Diagnostic) { try publish() } catch {
      (story, publisher) = (nil, nil)
      log.warning("story_ended", "no more of the story; the work goes on", error: error.description)
    }
    do throws(KafkaError) {
      guard let text = try watch?.next(workers), !text.isEmpty else { return }
      print(text)
      flushStandardOutput()
    } catch {
      if case .retry = error { return }
      watch = nil
      log.warning("watch_ended", "nothing more is shown; the work goes on", error: error.description)
    }
  }

  private mutating func publish() throws(Diagnostic) {
    guard let publisher else { return }
    let now = systemTime()
    // Whom the executor obeys, its users obey: nobody is given the candidate any more.
    if watch?.state.isRolledBack(StoryGenerator.deploymentID) == true { story?.endRollout(at: now) }
    while let time = story?.nextTime, time <= now, let event = story?.next() { try publisher.publish(event) }
    try publisher.push()
  }
}
