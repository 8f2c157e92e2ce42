// At the end: compares what stands in the logs with everything that was promised.
import Basics
import BrokerProtocol

/// What readers of committed records are left with.
private struct Survivors {
  private let values: Set<String>
  /// In the compacted log, the greatest number of each key.
  private var latest: [String: Int] = [:]

  init(_ reading: FinalReading) {
    values = Set(reading.committed.values.flatMap { $0.map(\.value) })
    for (_, value) in reading.committed[Scenery.table] ?? [] {
      guard let value = NumberedValue(value) else { continue }
      latest[value.key] = max(latest[value.key] ?? value.number, value.number)
    }
  }

  func contain(_ value: String) -> Bool { values.contains(value) }

  /// Whether compaction may have taken the value for a later one of its key.
  func supersede(_ value: String) -> Bool {
    guard let value = NumberedValue(value), let latest = latest[value.key] else { return false }
    return latest > value.number
  }
}

extension BrokerModel {
  func check(_ reading: FinalReading) {
    let survivors = Survivors(reading)
    checkRecords(reading, survivors)
    checkTransactions(reading, survivors)
    checkShown(reading, survivors)
    checkStarts(reading)
    // A group that never committed reads -1, and nothing was acknowledged to it.
    if max(0, reading.position(of: "workers")) < acknowledgedPosition {
      report(.positions, "workers ended at \(reading.position(of: "workers")), not \(acknowledgedPosition)")
    }
    for (name, exists) in topics.sorted(by: { $0.key < $1.key }) where exists != nil {
      if reading.topics.contains(name) != exists {
        report(.durability, "topic \(name) is not as acknowledged")
      }
    }
  }

  /// Whether a committed value may be gone: deleted on request, or compacted away behind a later one.
  private func mayBeGone(_ value: String, _ survivors: Survivors) -> Bool {
    guard let (place, offset) = acknowledgedValues[value] ?? shownAsCommitted[value] else { return false }
    return switch place {
    case Scenery.trimmed: offset < attemptedTrims[place] ?? .zero
    case Scenery.table: survivors.supersede(value)
    default: false
    }
  }

  /// Compaction takes what was aborted, too.
  private func wasAborted(_ value: String, in place: TopicPartition, _ survivors: Survivors) -> Bool {
    guard place == Scenery.table, let key = transactionOf[value], let transaction = transactions[key] else {
      return false
    }
    return !transaction.values.contains(where: survivors.contain)
  }

  private func checkRecords(_ reading: FinalReading, _ survivors: Survivors) {
    for (place, records) in reading.records.sorted(by: { $0.key < $1.key }) {
      var seen: Set<String> = []
      var last: [Substring: Int] = [:]
      for (_, text) in records {
        if !seen.insert(text).inserted { report(.once, "\(text) stands twice in \(place)") }
        guard let value = NumberedValue(text) else { continue }
        if let before = last[value.writer], before >= value.number {
          report(.order, "\(text) stands after \(value.writer):\(before) in \(place)")
        }
        last[value.writer] = value.number
      }
      let missing = acknowledgedValues.filter { $0.value.place == place && !seen.contains($0.key) }
      for value in missing.keys.sorted()
      where !mayBeGone(value, survivors) && !wasAborted(value, in: place, survivors) {
        report(.durability, "\(value) was acknowledged and is not in \(place)")
      }
    }
  }

  private func checkTransactions(_ reading: FinalReading, _ survivors: Survivors) {
    var last: [String: Int64] = [:]
    for (key, transaction) in transactions.sorted(by: { $0.key < $1.key }) {
      let visible = transaction.values.count(where: survivors.contain)
      let missing = transaction.values.count { !survivors.contain($0) && !mayBeGone($0, survivors) }
      if visible > 0 { last[transaction.client] = max(last[transaction.client] ?? 0, transaction.ordinal) }
      if visible > 0, missing > 0 {
        report(.atomicity, "\(missing) of \(transaction.values.count) records of \(key) are not visible")
      }
      switch transaction.outcome {
      case .committed where visible == 0 && !transaction.values.isEmpty:
        report(.atomicity, "\(key) was committed and is not visible")
      case .aborted where visible > 0: report(.isolation, "\(key) never committed and is visible")
      default: break
      }
    }
    for client in Set(transactions.values.map(\.client)).sorted() {
      let position = reading.position(of: client)
      if position != last[client] ?? -1 {
        report(.atomicity, "\(client) committed \(last[client] ?? -1), its group stands at \(position)")
      }
    }
  }

  private func checkShown(_ reading: FinalReading, _ survivors: Survivors) {
    for (place, records) in shown.sorted(by: { $0.key < $1.key }) {
      let final = Dictionary(uniqueKeysWithValues: reading.records[place] ?? [])
      for (offset, value) in records.sorted(by: { $0.key < $1.key }) where final[offset] != value {
        let isGone = final[offset] == nil
        if isGone, mayBeGone(value, survivors) || wasAborted(value, in: place, survivors) { continue }
        report(
          .stability, "\(place) showed \(value) at \(offset), and has \(final[offset] ?? "nothing") there")
      }
    }
    for value in shownAsCommitted.keys.sorted()
    where !survivors.contain(value) && !mayBeGone(value, survivors) {
      report(.isolation, "\(value) was shown as committed and is not")
    }
  }

  private func checkStarts(_ reading: FinalReading) {
    for (place, start) in reading.starts.sorted(by: { $0.key < $1.key }) {
      showStart(start, of: place)
      if let promised = starts[place], start < promised {
        report(.durability, "\(place) was to begin at \(promised) and begins at \(start)")
      }
    }
  }
}
