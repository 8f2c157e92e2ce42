// All series of a task, over its stores: found by identity when partials come, by name when rules ask. The
// index is memory alone and made from the stores at first use, because until then they may still be filled.
internal import Basics
internal import Metrics
internal import Runtime

/// Which series a partial's entry belongs to.
struct SeriesIdentity: Hashable {
  var tenant: String
  /// The visible name: of a histogram's bucket `m_bucket`.
  var name: String
  /// Of a series that `platform` sees; empty in an organization's own.
  var organization: String
  /// Without the name and the organization.
  var labels: Labels
  var member = ""
}

/// The series and what is kept of them. Used on the task's thread.
final class SeriesBook {
  /// What is known of a series in memory. A class, as `Declared` is, because parts of panes look both up all
  /// the time, and a copy would count up a dozen references.
  final class Entry {
    let row: SeriesRow
    let identity: SeriesIdentity
    /// nil for what only its parent or a rule changes.
    fileprivate(set) var rule: SeriesRule?
    /// Of a histogram: its buckets, then sum and count; found at first use.
    fileprivate(set) var parts: [UInt64] = []

    init(_ row: SeriesRow, _ identity: SeriesIdentity, _ rule: SeriesRule?) {
      (self.row, self.identity, self.rule) = (row, identity, rule)
    }
  }

  /// A declared metric, and the rule of its series.
  final class Declared {
    let metric: MetricDeclaration
    let rule: SeriesRule

    init(_ metric: MetricDeclaration, _ rule: SeriesRule) { (self.metric, self.rule) = (metric, rule) }
  }

  private struct Name: Hashable {
    var tenant: String
    var name: String
  }

  static let platform = "platform"
  static let organizationLabel = "organization"
  private static let memberLabel = "__member__"
  /// Series beyond a metric's limit are counted together under this label.
  static let overflowLabels = Labels([Label("overflow", "true")])
  static let overflowMetric = "ratchet_series_overflow_total"

  let rows = KeyValueStore<UInt64, SeriesRow>("series")
  let states = KeyValueStore<UInt64, SeriesState>("values")
  let chunks = KeyValueStore<UInt64, SampleChunk>("samples")
  let notes = KeyValueStore<String, BookNote>("notes")

  private(set) var entries: [UInt64: Entry] = [:]
  private var numbers: [SeriesIdentity: UInt64] = [:]
  private var named: [Name: [UInt64]] = [:]
  private var names: [String: [String]] = [:]
  /// Series that count towards their metric's limit.
  private var counts: [Name: Int] = [:]
  private var derived: [String: Set<UInt64>] = [:]
  var wakes = WakeQueue()
  private var isLoaded = false

  private(set) var declarations = MetricDeclarations()
  private(set) var declared: [String: Declared] = [:]
  /// How far back rules look, by metric name; what no rule reads keeps its last value alone.
  var horizons: [String: Int64] = [:]
  /// The last record folded in this epoch, input and offset, and when.
  var position: (input: Int, offset: Int64)?
  var heardAt: Int64 = 0
  /// Series that changed since they were last taken, for what is published.
  private(set) var touched: Set<UInt64> = []

  /// The stores in their order.
  var stores: [any TaskStore] { [rows, states, chunks, notes] }

  // MARK: - Configuration

  /// Takes other declarations, with `horizons` already theirs; series of metrics that are gone or of another
  /// kind are forgotten.
  func configure(_ declarations: MetricDeclarations) {
    load()
    self.declarations = declarations
    declared = Dictionary(
      declarations.metrics.map { ($0.name, Declared($0, SeriesRule($0, zone: declarations.zone))) },
      uniquingKeysWith: { $1 })
    for number in entries.keys.sorted() {
      guard let entry = entries[number], !entry.row.kind.isUndeclared else { continue }
      guard let declared = declared[entry.row.metric], fits(entry, declared.metric) else {
        remove(number)
        continue
      }
      entry.rule = rule(of: entry.row)
      schedule(number)
    }
    adaptHistories()
  }

  private func fits(_ entry: Entry, _ metric: MetricDeclaration) -> Bool {
    let isPopulation = metric.kind == .population
    let isHistogram = if case .histogram = metric.kind { true } else { false }
    switch entry.row.kind {
    case .base: return !isPopulation && !isHistogram
    case .histogram: return isHistogram
    case .part: return isHistogram || isPopulation
    case .member: return isPopulation
    case .derived, .own: return true
    }
  }

  private func rule(of row: SeriesRow) -> SeriesRule? {
    switch row.kind {
    case .base, .member, .histogram: declared[row.metric]?.rule
    case .part, .derived, .own: nil
    }
  }

  // MARK: - Finding

  /// Every organization that has series here, in order.
  var tenants: [String] {
    load()
    return names.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The numbers of a tenant's series of one name, in the order in which they came to be.
  func numbers(of name: String, in tenant: String) -> [UInt64] {
    named[Name(tenant: tenant, name: name)] ?? []
  }

  /// The names of a tenant's series, in order.
  func names(in tenant: String) -> [String] {
    (names[tenant] ?? []).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  func derivedSeries(of tenant: String) -> [UInt64] { (derived[tenant] ?? []).sorted() }

  func number(of identity: SeriesIdentity) -> UInt64? {
    load()
    return numbers[identity]
  }

  /// The series' number; it comes to be where there is none. One beyond its metric's limit is the overflow's.
  func number(of identity: SeriesIdentity, metric: String, kind: SeriesRow.Kind, seriesMax: Int) -> UInt64 {
    load()
    if let number = numbers[identity] { return number }
    let counted = Name(tenant: identity.tenant, name: metric)
    if kind.isCounted, counts[counted, default: 0] >= seriesMax, identity.labels != Self.overflowLabels {
      var overflow = identity
      overflow.labels = Self.overflowLabels
      noteOverflow(metric, in: identity.tenant)
      return number(of: overflow, metric: metric, kind: kind, seriesMax: seriesMax)
    }
    return make(identity, metric, kind)
  }

  private func make(_ identity: SeriesIdentity, _ metric: String, _ kind: SeriesRow.Kind) -> UInt64 {
    let number = UInt64(
      bitPattern: notes.update("next") { note in
        let next = (note?.number ?? 0) + 1
        note = BookNote(next)
        return next
      })
    var labels = identity.labels.all + [Label(Label.metricName, identity.name)]
    if !identity.organization.isEmpty { labels.append(Label(Self.organizationLabel, identity.organization)) }
    if !identity.member.isEmpty { labels.append(Label(Self.memberLabel, identity.member)) }
    let row = SeriesRow(tenant: identity.tenant, metric: metric, kind: kind, labels: Labels(labels))
    rows[number] = row
    enter(number, row, identity)
    return number
  }

  private func enter(_ number: UInt64, _ row: SeriesRow, _ identity: SeriesIdentity) {
    entries[number] = Entry(row, identity, rule(of: row))
    numbers[identity] = number
    if row.kind.isCounted {
      counts[Name(tenant: row.tenant, name: row.metric), default: 0] += 1
    }
    if row.kind == .derived { derived[row.tenant, default: []].insert(number) }
    guard row.kind.isSeen else { return }
    let name = Name(tenant: row.tenant, name: identity.name)
    if named[name] == nil { names[row.tenant, default: []].append(identity.name) }
    named[name, default: []].append(number)
  }

  /// Takes up what the stores hold.
  func load() {
    guard !isLoaded else { return }
    isLoaded = true
    rows.forEachInOrder { number, row in enter(number, row, Self.identity(of: row)) }
  }

  private static let hidden = LabelNames([Label.metricName, organizationLabel, memberLabel])
  private static let shown = LabelNames([Label.metricName, memberLabel])

  private static func identity(of row: SeriesRow) -> SeriesIdentity {
    let isPlatform = row.tenant == platform && !row.kind.isUndeclared
    return SeriesIdentity(
      tenant: row.tenant, name: row.labels.metricName,
      organization: isPlatform ? row.labels[organizationLabel] : "",
      labels: row.labels.dropping(isPlatform ? hidden : shown), member: row.labels[memberLabel])
  }

  /// A series is gone with everything that was kept of it.
  func remove(_ number: UInt64) {
    guard let entry = entries.removeValue(forKey: number) else { return }
    for part in entry.parts { remove(part) }
    numbers[entry.identity] = nil
    wakes.forget(number)
    touched.insert(number)
    gone[number] = entry
    if entry.row.kind.isCounted {
      counts[Name(tenant: entry.row.tenant, name: entry.row.metric), default: 1] -= 1
    }
    derived[entry.row.tenant]?.remove(number)
    let name = Name(tenant: entry.row.tenant, name: entry.identity.name)
    named[name]?.removeAll { $0 == number }
    if named[name]?.isEmpty == true {
      named[name] = nil
      names[entry.row.tenant]?.removeAll { $0 == entry.identity.name }
    }
    for chunk in states.read(number, { $0?.chunks ?? 0..<0 }) { chunks[Self.key(number, chunk)] = nil }
    states[number] = nil
    rows[number] = nil
  }

  /// Removed since `takeTouched`: their rows are needed once more, to withdraw what was published of them.
  private var gone: [UInt64: Entry] = [:]

  static func key(_ number: UInt64, _ chunk: UInt32) -> UInt64 { number << 32 | UInt64(chunk) }

  func touch(_ number: UInt64) { touched.insert(number) }

  /// The series that changed since the last call, in the order of their numbers; nil states are gone.
  func takeTouched() -> [(number: UInt64, entry: Entry, isGone: Bool)] {
    defer {
      touched.removeAll(keepingCapacity: true)
      gone.removeAll()
    }
    return touched.sorted().compactMap { number in
      if let entry = entries[number] { return (number, entry, false) }
      return gone[number].map { (number, $0, true) }
    }
  }

  func setParts(_ parts: [UInt64], of number: UInt64) { entries[number]?.parts = parts }

  func schedule(_ number: UInt64) {
    guard let rule = entries[number]?.rule else { return }
    if let wake = states.read(number, { $0?.wake(rule) ?? nil }) { wakes.schedule(number, at: wake) }
  }
}

extension SeriesRow.Kind {
  /// Not made of a declared metric.
  fileprivate var isUndeclared: Bool { self == .derived || self == .own }
  /// Counts towards its metric's limit.
  fileprivate var isCounted: Bool { self == .base || self == .member || self == .histogram }
  var isSeen: Bool { self != .member && self != .histogram }
}
