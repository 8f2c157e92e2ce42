// What a story is about: its seed, its hours, how much happens and what goes wrong.
public import Basics

/// What goes wrong, if anything.
public enum Scenario: String, CaseIterable, Sendable {
  /// Nothing does.
  case calm
  /// A candidate that is being rolled out to 5% turns bad at the turn.
  case badCanary = "bad-canary"
  /// The workers of background jobs go offline at the turn, and their queue grows.
  case workerOutage = "worker-outage"
  /// Users say nothing any more from the turn on.
  case silence
}

/// The whole of a story: equal settings give equal events.
public struct StorySettings: Equatable, Sendable {
  public var scenario: Scenario
  public var seed: UInt64
  /// The first event's time.
  public var start: Timestamp
  /// When something goes wrong.
  public var turn: Timestamp
  /// Executions of all agents a second, on average over a day; half of it at night.
  public var executionsPerSecond: Double
  /// In front of ids of executions, so that those of another story on the same topics differ.
  public var name: String

  public init(
    scenario: Scenario = .badCanary, seed: UInt64 = 1, start: Timestamp, turn: Timestamp,
    executionsPerSecond: Double = 0.3, name: String = "story"
  ) {
    self.scenario = scenario
    self.seed = seed
    self.start = start
    self.turn = turn
    // Slower than one a day says nothing; faster than this is no story but a load.
    self.executionsPerSecond = min(max(executionsPerSecond, 0.00002), 100_000)
    self.name = name
  }

  /// The rollout begins this long before the turn.
  static let rolloutLead = Duration.seconds(2 * 3600)
  /// Traffic of the agent that is rolled out rises this long before the turn.
  static let rushLead = Duration.seconds(1200)
}
