// All that topology/metrics.yaml says: the metrics, how often rules look at them, which jobs are expected to
// be alive, and the views of R8.7.

/// The declared metrics and what goes with them.
public struct MetricDeclarations: Hashable, Sendable {
  /// Rules are evaluated at multiples of it since the Unix epoch; panes are multiples of it.
  public var interval: Duration
  /// Of `today`: how far the zone is ahead of UTC.
  public var zone: Duration
  /// How many samples all series may keep for rules (R8.16).
  public var samplesMax: Int
  public var metrics: [MetricDeclaration]
  public var jobs: [ExpectedJob]
  public var views: [MetricView]

  public init(
    interval: Duration = .seconds(15), zone: Duration = .zero, samplesMax: Int = 20_000_000,
    metrics: [MetricDeclaration] = [], jobs: [ExpectedJob] = [], views: [MetricView] = []
  ) {
    self.interval = interval
    self.zone = zone
    self.samplesMax = samplesMax
    self.metrics = metrics
    self.jobs = jobs
    self.views = views
  }

  /// Where the pane of `length` that holds `time` begins; rounded down, also before 1970.
  public static func paneStart(of time_ms: Int64, length_ms: Int64) -> Int64 {
    let rest = time_ms % length_ms
    return time_ms &- (rest < 0 ? rest &+ length_ms : rest)
  }
}

/// A job that must send heartbeats (R8.12): `up{job}` is 0 after a silence, from the beginning on.
public struct ExpectedJob: Hashable, Sendable {
  public var job: String
  public var silence: Duration

  /// A job that nobody declared and that has sent a heartbeat is taken for silent after this.
  public static let silenceUnlessSaid_ms: Int64 = 60_000

  public init(job: String, silence: Duration) {
    self.job = job
    self.silence = silence
  }
}

/// A projection whose rows are made of metrics with the same labels (R8.7).
public struct MetricView: Hashable, Sendable {
  public enum Column: Hashable, Sendable {
    /// The value of a metric.
    case value(metric: String)
    /// How much a mean rests on.
    case weight(metric: String)
    /// The relative difference of the first to the second; null when the second is zero.
    case relative(metric: String, to: String)
  }

  public var name: String
  /// The labels that tell rows apart, in order; metrics may have further ones, which are shown.
  public var by: [String]
  public var columns: [(name: String, column: Column)]

  public init(name: String, by: [String], columns: [(name: String, column: Column)]) {
    self.name = name
    self.by = by
    self.columns = columns
  }

  public static func == (a: Self, b: Self) -> Bool {
    a.name == b.name && a.by == b.by && a.columns.elementsEqual(b.columns) { $0 == $1 }
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(by)
  }
}
