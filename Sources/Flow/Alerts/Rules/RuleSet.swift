// All rules of one scope, with what they are evaluated under.
public import Basics
public import Metrics

public struct RuleSet: Sendable {
  public struct Settings: Sendable, Equatable {
    /// How far apart instants lie; at most 15 s by default (R9.34).
    public var interval: Duration
    /// How long a sample stands for its series' value.
    public var lookback: Duration
    /// The address that `externalURL` in templates means: where runbooks are served.
    public var externalURL: String
    public var externalLabels: Labels

    public init(
      interval: Duration = .seconds(15), lookback: Duration = .seconds(300), externalURL: String = "",
      externalLabels: Labels = .none
    ) {
      self.interval = interval
      self.lookback = lookback
      self.externalURL = externalURL
      self.externalLabels = externalLabels
    }
  }

  public let groups: [RuleGroup]
  public var settings: Settings
  /// Of each group's rules, in their order: under what their states stand.
  let keys: [[RuleStates.Key]]
  /// All of `keys`, to tell rules that are no more.
  let allKeys: Set<RuleStates.Key>

  public init(groups: [RuleGroup], settings: Settings = Settings()) {
    self.groups = groups
    self.settings = settings
    keys = groups.map { group in
      var ordinals: [String: Int] = [:]
      return group.rules.map { rule in
        let ordinal = ordinals[rule.name, default: 0]
        ordinals[rule.name] = ordinal + 1
        return RuleStates.Key(file: group.file, group: group.name, name: rule.name, ordinal: ordinal)
      }
    }
    allKeys = Set(keys.joined())
  }

  /// The whole set's version: it changes when any rule does, or the settings.
  public var version: String {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: settings.interval.milliseconds)
    bytes.append(littleEndian: settings.lookback.milliseconds)
    bytes.append(countedText: settings.externalURL)
    settings.externalLabels.store(into: &bytes)
    for group in groups {
      bytes.append(countedText: group.file)
      bytes.append(countedText: group.name)
      bytes.append(littleEndian: interval(of: group).milliseconds)
      bytes.append(littleEndian: group.queryOffset.milliseconds)
      bytes.append(littleEndian: Int64(group.limit))
      for rule in group.rules { bytes.append(countedText: rule.version) }
    }
    return hexadecimal(SHA256.hash(bytes).prefix(8))
  }

  public func interval(of group: RuleGroup) -> Duration { group.interval ?? settings.interval }

  /// The first instant after `time` at which a group is due: instants are the multiples of the groups'
  /// intervals, counted from the Unix epoch. Nil without rules.
  public func nextInstant(after time: EventTime) -> EventTime? {
    groups.filter { !$0.rules.isEmpty }.map { group in
      let step = max(1, interval(of: group).milliseconds)
      let (quotient, rest) = time.rawValue.quotientAndRemainder(dividingBy: step)
      return EventTime(milliseconds: (rest < 0 ? quotient : quotient + 1) &* step)
    }.min()
  }

  /// Of each metric that a rule reads, how far back from an instant its samples must be kept; what no
  /// equality names is under "". Recorded series and ALERTS are among them when a rule reads them.
  public var reach: [String: Duration] {
    var reach: [String: Duration] = [:]
    for group in groups {
      for rule in group.rules {
        for selector in rule.expression.selectorReaches(lookback: settings.lookback) {
          let length = selector.reach + group.queryOffset
          reach[selector.metric] = max(reach[selector.metric] ?? .zero, length)
        }
      }
    }
    return reach
  }
}

extension Expression {
  /// By selector: the metric it names, "" without one, and how far back from the instant it looks.
  public func selectorReaches(lookback: Duration) -> [(metric: String, reach: Duration)] {
    var evaluator = Evaluator(
      self, at: EventTime(milliseconds: 0), source: NoSeries(),
      options: QueryOptions(lookback_ms: lookback.milliseconds))
    return root.selectors.map { selector in
      let window = evaluator.windows[selector.number] ?? 0...0
      evaluator.selected[selector.number] = nil
      return (LabelMatcher.metricName(of: selector.matchers) ?? "", .milliseconds(max(0, -window.lowerBound)))
    }
  }
}

private struct NoSeries: SeriesSource {
  func select(_ matchers: [LabelMatcher], after from: EventTime, through to: EventTime) -> [Series] { [] }
}
