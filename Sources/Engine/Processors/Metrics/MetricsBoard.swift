// What leaves the tasks of `metrics` for the gateway: the current values of their series, as immutable
// snapshots, made only when somebody has asked lately. Nothing comes back through it, so no fold depends on
// it.
public import Basics
public import Metrics
internal import Synchronization

/// The exposed series of one name.
public struct ExposedFamily: Sendable {
  public struct Sample: Sendable {
    /// Behind the family's name: `_bucket`, `_sum`, `_count` or nothing.
    public var suffix: String
    public var labels: [Label]
    public var value: Double

    public init(suffix: String = "", labels: [Label], value: Double) {
      self.suffix = suffix
      self.labels = labels
      self.value = value
    }
  }

  public var name: String
  public var help: String
  /// counter, gauge, histogram or unknown.
  public var type: String
  public var samples: [Sample]

  public init(name: String, help: String, type: String, samples: [Sample]) {
    self.name = name
    self.help = help
    self.type = type
    self.samples = samples
  }
}

/// One snapshot for each task, and how far recorded time has come there. Safe to use from any thread.
public final class MetricsBoard: Sendable {
  private struct Shown {
    var families: [ExposedFamily] = []
    var asked: ContinuousClock.Instant?
  }

  private let shown = Mutex<[PartitionID: Shown]>([:])
  private static let interest = Duration.seconds(300)

  public init() {}

  /// The families of the given tasks, merged by name, in the order of their names.
  public func families(of tasks: [PartitionID]) -> [ExposedFamily] {
    let now = ContinuousClock.now
    let found = shown.withLock { shown in
      tasks.map { task -> [ExposedFamily] in
        shown[task, default: Shown()].asked = now
        return shown[task]?.families ?? []
      }
    }
    var merged: [String: ExposedFamily] = [:]
    for family in found.flatMap({ $0 }) {
      if merged[family.name] == nil {
        merged[family.name] = family
      } else {
        merged[family.name]?.samples += family.samples
      }
    }
    return merged.keys.sorted().compactMap { merged[$0] }
  }

  /// Whether anybody has asked for the task's series within the last minutes.
  func isWanted(_ task: PartitionID) -> Bool {
    shown.withLock { $0[task]?.asked.map { .now - $0 < Self.interest } ?? false }
  }

  func show(_ families: [ExposedFamily], of task: PartitionID) {
    shown.withLock { $0[task, default: Shown()].families = families }
  }
}
