// What rules look back on: changes of values, in chunks, as far back as any rule reads and no further
// (R8.16). A counter's history begins with a zero one pane before its first value, so that its first event is
// an increase. Only a history that holds a series' beginning has a chunk with number 0.
internal import Basics
internal import Metrics
internal import Runtime

extension SeriesBook {
  private func horizon(of number: UInt64) -> Int64? {
    entries[number].flatMap { horizons[$0.identity.name] }
  }

  /// Where a counter stood before its first change: at zero, one pane before. What Prometheus makes of
  /// created timestamps. nil for all that may go down.
  private func birth(of number: UInt64, before first: Sample) -> Sample? {
    guard !first.isStale, let row = entries[number]?.row, row.kind != .derived else { return nil }
    let isCounter =
      switch declared[row.metric]?.metric.kind {
      case .counter, .histogram: true
      case nil: row.metric == Self.overflowMetric
      case .level, .gauge, .mean, .distinct, .population: false
      }
    guard isCounter else { return nil }
    return Sample(time: EventTime(milliseconds: first.time.rawValue - step_ms(of: number)), value: 0)
  }

  /// Keeps a change of a series that rules read.
  func keep(_ sample: Sample, of number: UInt64) {
    guard let horizon = horizon(of: number) else { return }
    let range = states.read(number) { $0?.chunks ?? 0..<0 }
    var zero = range.upperBound == 0 ? birth(of: number, before: sample) : nil
    if !range.isEmpty {
      let isKept = chunks.update(Self.key(number, range.upperBound - 1)) { chunk -> Bool in
        guard var changes = chunk?.changes, let last = changes.last else { return false }
        if last.value.bitPattern == sample.value.bitPattern || sample.time < last.time { return true }
        // What had ended begins anew.
        if last.isStale {
          zero = birth(of: number, before: sample).flatMap { $0.time > last.time ? $0 : nil }
        }
        if last.time == sample.time {
          changes[changes.count - 1] = sample
        } else if changes.count < SampleChunk.changesMax {
          if let zero { changes.append(zero) }
          changes.append(sample)
        } else {
          return false
        }
        chunk?.changes = changes
        return true
      }
      if isKept { return }
    }
    chunks[Self.key(number, range.upperBound)] = SampleChunk(changes: [zero, sample].compactMap { $0 })
    var kept = range.lowerBound..<range.upperBound + 1
    // A chunk can go when the one behind it begins before anything reads.
    while kept.count > 1,
      let next = chunks.read(Self.key(number, kept.lowerBound + 1), { $0?.changes.first?.time.rawValue }),
      next <= sample.time.rawValue - horizon
    {
      chunks[Self.key(number, kept.lowerBound)] = nil
      kept = kept.lowerBound + 1..<kept.upperBound
    }
    states.update(number) { $0?.chunks = kept }
  }

  /// A sum was higher by `delta` from `start` on.
  func raise(_ number: UInt64, by delta: Double, from start: Int64, at time: Int64) {
    guard horizon(of: number) != nil else { return }
    let range = states.read(number) { $0?.chunks ?? 0..<0 }
    guard !range.isEmpty else {
      let value = states.read(number) { $0?.value ?? 0 }
      return keep(Sample(time: EventTime(milliseconds: start), value: value), of: number)
    }
    for index in range.reversed() {
      let isFirst = index == 0
      let isDone = chunks.update(Self.key(number, index)) { chunk -> Bool in
        guard var changes = chunk?.changes else { return true }
        for place in changes.indices where changes[place].time.rawValue >= start && !changes[place].isStale {
          changes[place].value += delta
        }
        let isWithin = changes.first.map { $0.time.rawValue <= start } ?? true
        if isWithin || isFirst, !changes.contains(where: { $0.time.rawValue == start }) {
          let place = changes.firstIndex { $0.time.rawValue > start } ?? changes.count
          let before = place > 0 ? changes[place - 1].value : 0
          let value = before.isNaN ? delta : before + delta
          changes.insert(Sample(time: EventTime(milliseconds: start), value: value), at: place)
        }
        // The series was born earlier than was known.
        if isFirst, let first = changes.first, first.time.rawValue == start,
          let zero = birth(of: number, before: first)
        {
          changes.insert(zero, at: 0)
        }
        chunk?.changes = changes
        return isWithin
      }
      if isDone { return }
    }
  }

  /// Other rules read other series: what none reads any more is forgotten, and a series that one begins to
  /// read has a history from its last change on. What was before that nobody knows, so that it is not taken
  /// for the beginning.
  func adaptHistories() {
    for number in entries.keys.sorted() {
      guard let entry = entries[number], entry.row.kind.isSeen else { continue }
      let (range, changed, value) = states.read(number) { state in
        (state?.chunks ?? 0..<0, state?.changed ?? .min, state?.value)
      }
      guard changed > .min, range.isEmpty != (horizons[entry.identity.name] == nil) else { continue }
      for chunk in range { chunks[Self.key(number, chunk)] = nil }
      let next = max(1, range.upperBound)
      states.update(number) { $0?.chunks = next..<next }
      if range.isEmpty {
        keep(Sample(time: EventTime(milliseconds: changed), value: value ?? Sample.staleValue), of: number)
      }
    }
  }

  /// The changes of a series from the one that stands at `from` to the last.
  func changes(of number: UInt64, from: Int64) -> [Sample] {
    let (range, changed, value) = states.read(number) { state in
      (state?.chunks ?? 0..<0, state?.changed ?? .min, state?.value)
    }
    guard !range.isEmpty else {
      guard changed > .min else { return [] }
      return [Sample(time: EventTime(milliseconds: changed), value: value ?? Sample.staleValue)]
    }
    var parts: [[Sample]] = []
    for index in range.reversed() {
      let changes = chunks.read(Self.key(number, index)) { $0?.changes ?? [] }
      parts.append(changes)
      if let first = changes.first, first.time.rawValue <= from { break }
    }
    return parts.reversed().flatMap { $0 }
  }

  /// How far apart a series' samples are.
  func step_ms(of number: UInt64) -> Int64 {
    guard let entry = entries[number] else { return 1 }
    if let rule = entry.rule { return rule.pane_ms }
    return declared[entry.row.metric]?.metric.pane.milliseconds ?? max(1, declarations.interval.milliseconds)
  }
}

/// One organization's series, as its rules see them.
struct TenantSeries: SeriesSource {
  let book: SeriesBook
  let tenant: String

  func select(_ matchers: [LabelMatcher], after from: EventTime, through to: EventTime) -> [Series] {
    let names =
      if let name = LabelMatcher.metricName(of: matchers) { [name] } else { book.names(in: tenant) }
    var found: [Series] = []
    for name in names {
      for number in book.numbers(of: name, in: tenant) {
        guard let labels = book.entries[number]?.row.labels,
          matchers.allSatisfy({ $0.accepts(labels) })
        else { continue }
        let changes = book.changes(of: number, from: from.rawValue)
        let samples = Series.samples(
          of: changes, every: book.step_ms(of: number), after: from, through: to)
        if !samples.isEmpty { found.append(Series(labels: labels, samples: samples)) }
      }
    }
    return found
  }
}
