// Partials into series: a part of an open pane waits for the pane's end, one of a closed pane corrects.
internal import Basics
internal import Metrics
internal import Runtime

extension SeriesBook {
  /// How long after its end a pane may be corrected.
  static let grace_ms: Int64 = 3_600_000

  /// A pane that ended then is past grace.
  func isLate(_ paneEnd: EventTime) -> Bool { paneEnd.rawValue <= closed - Self.grace_ms }

  /// Takes up a partial for `tenant`. `closed`: all panes that end by then have closed. False: the pane is
  /// past grace, and nothing has changed.
  func fold(_ partial: PanePartial, for tenant: String, closed: Int64) -> Bool {
    if isLate(EventTime(milliseconds: partial.pane.end)) { return false }
    let organization = tenant == Self.platform ? partial.organization : ""
    for entry in partial.entries {
      guard let declared = declared[entry.metric], Self.fits(entry.value, declared.metric.kind) else {
        continue
      }
      var member = ""
      if case .state(_, let name, _) = entry.value { member = name }
      let identity = SeriesIdentity(
        tenant: tenant, name: entry.metric, organization: organization, labels: entry.labels, member: member)
      let number = number(
        of: identity, metric: entry.metric, kind: Self.rowKind(declared.metric.kind),
        seriesMax: declared.metric.seriesMax)
      if partial.pane.end <= closed {
        correct(number, entry.value, partial.pane, at: closed)
      } else {
        states.update(number) { state in
          var changed = state.take() ?? SeriesState()
          changed.add(entry.value, partial.pane, from: partial.source)
          state = consume changed
        }
        schedule(number)
      }
    }
    return true
  }

  private static func rowKind(_ kind: MetricDeclaration.Kind) -> SeriesRow.Kind {
    switch kind {
    case .population: .member
    case .histogram: .histogram
    case .counter, .level, .gauge, .mean, .distinct: .base
    }
  }

  private static func fits(_ value: PaneValue, _ kind: MetricDeclaration.Kind) -> Bool {
    switch (kind, value) {
    case (.counter, .sum), (.level, .sum), (.gauge, .last), (.mean, .mean), (.distinct, .distinct): true
    case (.population, .state): true
    case (.histogram(let bounds), .histogram(let counts, _, _)): counts.count == bounds.count + 1
    default: false
    }
  }

  /// An event of a metric whose series are too many.
  func noteOverflow(_ metric: String, in tenant: String) {
    let identity = SeriesIdentity(
      tenant: tenant, name: Self.overflowMetric, organization: "", labels: Labels([Label("metric", metric)]))
    let number = number(of: identity, metric: Self.overflowMetric, kind: .own, seriesMax: .max)
    let time = notes["closed"]?.number ?? 0
    let sample = states.update(number) { state in
      var changed = state.take() ?? SeriesState()
      defer { state = changed }
      return changed.add(1, at: time)
    }
    keep(sample, of: number)
    touch(number)
  }

  // MARK: - Closing

  /// Closes what ends by `time`, in order. A series is looked at once: what it does makes none of them due.
  func advance(to time: Int64) {
    load()
    for number in wakes.due(by: time) {
      guard let entry = entries[number], let rule = entry.rule else { continue }
      let state = states.read(number) { ($0?.wake(rule), $0?.isForgotten(rule, at: time) ?? true) }
      guard let wake = state.0 else { continue }
      guard wake <= time else {
        wakes.schedule(number, at: wake)
        continue
      }
      close(number, entry, rule, to: time)
      if state.1 || states.read(number, { $0?.isForgotten(rule, at: time) ?? true }) {
        forget(number, entry)
      } else {
        schedule(number)
      }
    }
  }

  private func close(_ number: UInt64, _ entry: Entry, _ rule: SeriesRule, to time: Int64) {
    let before = states.read(number) { $0?.text ?? "" }
    var changes: [(Sample, [UInt64])] = []
    states.update(number) { state in
      guard var changed = state.take() else { return }
      var counts = changed.counts
      changed.advance(to: time, rule) { sample, closed in
        if case .histogram(let added, _, _)? = closed {
          if counts.count != added.count { counts = Array(repeating: 0, count: added.count) }
          for index in added.indices { counts[index] &+= added[index] }
        }
        changes.append((sample, counts))
      }
      state = consume changed
    }
    if rule.kind == .member {
      move(entry, from: before, to: states.read(number) { $0?.text ?? "" }, at: time)
      return
    }
    for (sample, counts) in changes { tell(sample, counts, of: number, entry) }
  }

  private func tell(_ sample: Sample, _ counts: [UInt64], of number: UInt64, _ entry: Entry) {
    touch(number)
    guard case .histogram(let bounds)? = declared[entry.row.metric]?.metric.kind else {
      return keep(sample, of: number)
    }
    let parts = parts(of: number, entry, bounds)
    var below: UInt64 = 0
    for (part, count) in zip(parts, counts) {
      below &+= count
      record(Double(below), of: part, at: sample.time.rawValue)
    }
    record(sample.isStale ? nil : sample.value, of: parts[counts.count], at: sample.time.rawValue)
    record(Double(below), of: parts[counts.count + 1], at: sample.time.rawValue)
  }

  /// A histogram's buckets in the order of their bounds, then its sum and its count.
  private func parts(of number: UInt64, _ entry: Entry, _ bounds: [Double]) -> [UInt64] {
    if !entry.parts.isEmpty { return entry.parts }
    var identities: [SeriesIdentity] = []
    for bound in bounds.map(Self.boundText) + ["+Inf"] {
      var identity = entry.identity
      identity.name += "_bucket"
      identity.labels = identity.labels.setting("le", to: bound)
      identities.append(identity)
    }
    for suffix in ["_sum", "_count"] {
      var identity = entry.identity
      identity.name += suffix
      identities.append(identity)
    }
    let parts = identities.map { self.number(of: $0, metric: entry.row.metric, kind: .part, seriesMax: .max) }
    setParts(parts, of: number)
    return parts
  }

  /// As Prometheus writes a bound: `0.5`, `100`.
  static func boundText(_ bound: Double) -> String {
    Int64(exactly: bound).map { "\($0)" } ?? "\(bound)"
  }

  /// A member of a population is in another state.
  private func move(_ entry: Entry, from old: String, to new: String, at time: Int64) {
    guard old != new else { return }
    for (state, amount) in [(old, -1.0), (new, 1.0)] where !state.isEmpty {
      var identity = entry.identity
      identity.member = ""
      identity.labels = identity.labels.setting("state", to: state)
      let number = number(of: identity, metric: entry.row.metric, kind: .part, seriesMax: .max)
      let sample = states.update(number) { state in
        var changed = state.take() ?? SeriesState()
        defer { state = changed }
        return changed.add(amount, at: time)
      }
      keep(sample, of: number)
      touch(number)
    }
  }

  private func forget(_ number: UInt64, _ entry: Entry) {
    if entry.row.kind == .member {
      move(entry, from: states.read(number) { $0?.text ?? "" }, to: "", at: notes["closed"]?.number ?? 0)
    }
    remove(number)
  }

  /// A pane that has closed is corrected: the value now, and of a sum also what it was since.
  private func correct(_ number: UInt64, _ value: PaneValue, _ pane: Pane, at time: Int64) {
    guard let entry = entries[number], let rule = entry.rule else { return }
    let before = states.read(number) { $0?.text ?? "" }
    var changes: [Sample] = []
    var counts: [UInt64] = []
    let delta = states.update(number) { state -> Double? in
      var changed = state.take() ?? SeriesState()
      let delta = changed.correct(value, pane, rule, at: time) { sample, _ in changes.append(sample) }
      counts = changed.counts
      state = changed
      return delta
    }
    if let delta {
      raise(number, by: delta, from: pane.end, at: time)
      touch(number)
    } else if rule.kind == .member {
      move(entry, from: before, to: states.read(number) { $0?.text ?? "" }, at: time)
    } else {
      for sample in changes { tell(sample, counts, of: number, entry) }
    }
    schedule(number)
  }

  /// Sets a series that has no panes of its own; nil: it is absent.
  func record(_ value: Double?, of number: UInt64, at time: Int64) {
    var change: Sample?
    states.update(number) { state in
      var changed = state.take() ?? SeriesState()
      changed.record(value, at: time) { change = $0 }
      state = consume changed
    }
    guard let change else { return }
    keep(change, of: number)
    touch(number)
  }
}
