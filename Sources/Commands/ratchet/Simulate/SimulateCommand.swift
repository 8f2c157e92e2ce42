// ratchet simulate: a made-up history at full speed, then live at the pace of the clock; to a broker, or as
// lines of JSON.
import Basics
import Events
import Kafka
import POSIX
import Story
import Topology

extension Command {
  static let simulate = Command(
    name: "simulate", summary: "publish a made-up story: agents at work, feedback, an experiment, a rollout",
    options: storyOptions(history: "0s") + [
      Option(name: "live", summary: "go on at the pace of the clock, until a signal"),
      Option(name: "print", summary: "print events in CloudEvents' JSON format, one a line; needs no broker"),
      Option(
        name: "until", value: "TIME",
        summary: "where history ends, as 2026-01-31T09:00:00Z; now unless said"),
      prefixOption,
    ] + BrokerConnection.options(isRequired: false),
    notes: """
      Scenarios: \(Scenario.allCases.map(\.rawValue).joined(separator: ", ")).
      Equal options with an equal --until give equal events. Records are stamped with the time at which their
      events happened, and keyed and partitioned as docs/events.md asks of producers.
      Ends with 0 when the history is published, or after SIGTERM or SIGINT.
      """,
    run: runSimulate)
}

/// What a story is about; `ratchet up --story` takes the same.
func storyOptions(history: String) -> [Option] {
  [
    Option(name: "scenario", value: "NAME", summary: "what goes wrong, if anything", fallback: "bad-canary"),
    Option(name: "seed", value: "N", summary: "another seed, another story", fallback: "1"),
    Option(name: "history", value: "DURATION", summary: "how much of it lies in the past", fallback: history),
    Option(
      name: "turn", value: "DURATION", summary: "how long before history ends things go wrong",
      fallback: "3m"),
    Option(
      name: "rate", value: "N", summary: "executions a second, on average over a day", fallback: "0.3"),
  ]
}

/// The story that the options ask for, with `now` as the end of its history.
func storySettings(_ arguments: Arguments, now: Timestamp, name: String) throws -> StorySettings {
  let scenario = arguments.text("scenario") ?? ""
  guard let scenario = Scenario(rawValue: scenario) else {
    throw UsageError(
      "there is no scenario \"\(scenario)\"", at: "--scenario",
      next: didYouMean(scenario, among: Scenario.allCases.map(\.rawValue)))
  }
  guard let rate = Double(arguments.text("rate") ?? ""), rate > 0, rate <= 100_000 else {
    throw UsageError("\"\(arguments.text("rate") ?? "")\" is no number above 0", at: "--rate")
  }
  let history = try arguments.duration("history")
  return StorySettings(
    scenario: scenario, seed: UInt64(try arguments.integer("seed", in: 0...Int.max) ?? 1),
    start: now - history, turn: now - (try arguments.duration("turn")), executionsPerSecond: rate, name: name)
}

private func runSimulate(_ arguments: Arguments) throws -> ExitStatus {
  let isLive = arguments.flag("live")
  let now = try arguments.text("until").map(parseTime) ?? systemTime()
  let settings = try storySettings(arguments, now: now, name: "story-\(now.rawValue)")
  guard isLive || settings.start < now else {
    throw UsageError(
      "there is nothing to publish", next: "say --history 1h for the past hour, --live, or both")
  }
  let signals = try TerminationSignals()
  ignoreBrokenPipes()
  var story = StoryGenerator(settings)
  if arguments.flag("print") {
    while story.nextTime < now { print(story.next().json) }
    guard isLive else { return .success }
    try live(signals) { while story.nextTime <= systemTime() { print(story.next().json) } }
    return .success
  }
  guard let client = try BrokerConnection.configuration(arguments) else {
    throw UsageError("--bootstrap HOST:PORT is missing", next: "or --print, to see events")
  }
  let publisher = try StoryPublisher(client, prefix: arguments.text("prefix") ?? "")
  try publishHistory(&story, until: now, by: publisher) { writeToStandardError(Array("\($0)\n".utf8)) }
  if isLive {
    try live(signals) {
      while story.nextTime <= systemTime() { try publisher.publish(story.next()) }
      try publisher.push()
    }
  }
  try publisher.finish()
  print("\(publisher.count) events are published")
  return .success
}

/// Publishes what lies before `end`, and says how far it is about once a second.
func publishHistory(
  _ story: inout StoryGenerator, until end: Timestamp, by publisher: StoryPublisher, say: (String) -> Void
) throws(Diagnostic) {
  let begun = ContinuousClock.now
  var told = begun
  while story.nextTime < end {
    try publisher.publish(story.next())
    guard publisher.count % 1000 == 0, ContinuousClock.now - told >= .seconds(1) else { continue }
    told = .now
    say("history up to \(story.nextTime): \(publisher.count) events")
  }
  try publisher.finish()
  say("history of \(publisher.count) events, published in \(age(ContinuousClock.now - begun))")
}

/// Calls `turn` a few times a second until a signal comes.
private func live(_ signals: TerminationSignals, turn: () throws -> Void) throws {
  let poller = try Poller()
  try poller.add(signals.descriptor, key: 0, for: .reading)
  var isSignalled = false
  while !isSignalled {
    try turn()
    flushStandardOutput()
    try poller.wait(timeout: .milliseconds(200)) { _ in isSignalled = true }
  }
}

private func parseTime(_ text: String) throws(UsageError) -> Timestamp {
  let bytes = Array(text.utf8)
  guard let time = unsafe EventTime(rfc3339: bytes.span.bytes) else {
    throw UsageError("\"\(text)\" is no time", at: "--until", next: "write it as 2026-01-31T09:00:00Z")
  }
  return Timestamp(milliseconds: time.rawValue)
}

extension Arguments {
  /// The value as Prometheus writes durations: `24h`, `1h30m`.
  func duration(_ name: String) throws(UsageError) -> Duration {
    let text = text(name) ?? "0s"
    guard let duration = parseDuration(text) else {
      throw UsageError("\"\(text)\" is no duration", at: "--\(name)", next: "write it as 90s, 24h or 1h30m")
    }
    return duration
  }
}
