// The generator of stories: a clock of its own, an agenda, and seeded randomness. It knows no broker and no
// wall clock; whoever publishes decides how fast time passes. Equal settings give equal events.
public import Basics

/// Events in the order of their times, without end.
public struct StoryGenerator {
  enum Act {
    case event(StoryEvent)
    case traffic(player: Int)
    case session, demonstration
    case beat, measures, worker, job, request, operation
  }

  let settings: StorySettings
  var agenda = Agenda<Act>()
  var traffic, feedback, sessions, platform, reviews: SeededRandom
  /// Of executions, sessions and whatever else gets a number.
  var number = 0
  /// How many operations there have been; every sixth fails while the candidate is bad.
  var operations = 0
  /// When the candidate was taken away; the story goes on without it.
  private(set) var rolledBackAt: Timestamp?
  /// Jobs that wait, while nobody takes them.
  var waitingJobs = 0

  public init(_ settings: StorySettings) {
    self.settings = settings
    var random = SeededRandom(seed: settings.seed)
    traffic = random.split()
    feedback = random.split()
    sessions = random.split()
    platform = random.split()
    reviews = random.split()
    begin()
  }

  /// The time of the next event.
  public var nextTime: Timestamp { agenda.nextTime ?? settings.start }

  public mutating func next() -> StoryEvent {
    while let (time, act) = agenda.next() {
      if case .event(let event) = act { return event }
      perform(act, at: time)
    }
    preconditionFailure("a story has no end, because each act puts the next one of its kind on the agenda")
  }

  /// The deployment is over: from `time` on nobody is given the candidate.
  public mutating func endRollout(at time: Timestamp) {
    if rolledBackAt == nil { rolledBackAt = time }
  }

  private mutating func begin() {
    let start = settings.start
    introduce(at: start)
    beginExperiment(at: start + .seconds(60))
    if settings.scenario == .badCanary { beginRollout() }
    for player in Cast.players.indices { agenda.add(.traffic(player: player), at: start + .seconds(5)) }
    for (index, act) in [Act.session, .beat, .measures, .worker, .job, .request, .operation, .demonstration]
      .enumerated()
    {
      agenda.add(act, at: start + .milliseconds(700 * (index + 1)))
    }
  }

  private mutating func perform(_ act: Act, at time: Timestamp) {
    switch act {
    case .event: break
    case .traffic(let player): execute(player, at: time)
    case .session: holdSession(at: time)
    case .demonstration: demonstrate(at: time)
    case .beat: beat(at: time)
    case .measures: measure(at: time)
    case .worker: reportWorkers(at: time)
    case .job: runJob(at: time)
    case .request: serveRequest(at: time)
    case .operation: operate(at: time)
    }
  }

  /// Puts an event on the agenda.
  mutating func tell(
    _ topic: String, _ type: String, _ id: String, of organization: String, _ agent: String? = nil,
    key: String, at time: Timestamp, _ data: JSONObject
  ) {
    agenda.add(
      .event(
        StoryEvent(
          topic: topic, type: type, id: id, organization: organization, agent: agent, key: key, time: time,
          data: data.text)), at: time)
  }

  /// Whether the candidate is out and bad.
  func isBad(at time: Timestamp) -> Bool {
    settings.scenario == .badCanary && time >= settings.turn && !isOver(at: time)
  }

  func isOver(at time: Timestamp) -> Bool { rolledBackAt.map { time >= $0 } ?? false }
}

extension SeededRandom {
  /// `mean`, give or take half of it: things happen neither together nor like clockwork.
  mutating func about(_ mean: Duration) -> Duration {
    .milliseconds(max(1, Int64(Double(mean.milliseconds) * (0.5 + fraction()))))
  }

  mutating func one<Item>(of items: [Item]) -> Item { items[int(in: 0..<items.count)] }

  /// 0 to 1 in hundredths, between `low` and `high` hundredths.
  mutating func hundredths(_ low: Int, _ high: Int) -> JSONObject.Field {
    .number(Double(int(in: low..<(high + 1))) / 100)
  }
}
