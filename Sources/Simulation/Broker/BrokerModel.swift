// What the broker has promised to its clients, and whether it kept it. It learns only what crosses the wire:
// what was acknowledged, what readers were shown, and at the end what stands in the logs.
import Basics
import BrokerProtocol

/// What a broker promises.
public enum Promise: String, Sendable, CaseIterable {
  /// An acknowledged record is there for good.
  case durability
  /// No record is there twice.
  case once
  /// A producer's records stand in the order it sent them.
  case order
  /// A transaction's records and offsets count all together or not at all, as its producer was told.
  case atomicity
  /// Readers of committed records see no others.
  case isolation
  /// What a reader was shown stays where it was.
  case stability
  /// A group finds the position it committed.
  case positions
  /// A producer that was replaced can do nothing any more.
  case fencing
  /// The broker starts on what a crash left.
  case recovery
}

public struct Violation: Sendable, CustomStringConvertible {
  public var promise: Promise
  public var what: String

  public var description: String { "\(promise): \(what)" }
}

public final class BrokerModel {
  enum Outcome { case unknown, committed, aborted }

  struct Transaction {
    /// Its place among its client's transactions; the offset that it commits, too.
    var ordinal: Int64
    var client: String
    var values: [String] = []
    var outcome = Outcome.aborted
  }

  public private(set) var violations: [Violation] = []
  /// How many records were acknowledged, to know that something happened.
  public private(set) var acknowledged = 0

  private var acknowledgedValues: [String: TopicPartition] = [:]
  private(set) var transactions: [String: Transaction] = [:]
  private var shown: [TopicPartition: [Offset: String]] = [:]
  private var shownAsCommitted: Set<String> = []
  /// The epochs that replaced others, by transactional id.
  private var heirs: [String: (ProducerID, ProducerEpoch)] = [:]
  /// The greatest acknowledged and the greatest attempted position of the workers' group.
  private(set) var acknowledgedPosition: Int64 = 0
  private var attemptedPosition: Int64 = 0
  private var topics: [String: Bool?] = [:]

  func report(_ promise: Promise, _ what: String) {
    violations.append(Violation(promise: promise, what: what))
  }
}

extension BrokerModel {
  func acknowledge(_ values: [String], in place: TopicPartition) {
    acknowledged += values.count
    for value in values { acknowledgedValues[value] = place }
  }

  /// A transaction's records are not to be seen before its producer asks to commit.
  func begin(_ key: String, ordinal: Int64, client: String) {
    transactions[key] = Transaction(ordinal: ordinal, client: client)
  }
  func write(_ values: [String], in key: String) { transactions[key]?.values += values }
  func asksToCommit(_ key: String) { transactions[key]?.outcome = .unknown }
  func hasCommitted(_ key: String) { transactions[key]?.outcome = .committed }

  func replace(_ id: String, by producer: ProducerID, _ epoch: ProducerEpoch) {
    heirs[id] = (producer, epoch)
  }

  func zombieWasAnswered(_ error: ErrorCode, to what: String, of id: String) {
    if error == .none { report(.fencing, "a fenced instance of \(id) could \(what)") }
  }

  /// The same request as its sender's heir would send it: what a broker that checks no epochs makes of it.
  func disguised(_ request: Request) -> Request {
    switch request {
    case .endTxn(var end):
      if let heir = heirs[end.transactionalID] { (end.producerID, end.producerEpoch) = heir }
      return .endTxn(end)
    case .addPartitionsToTxn(var add):
      if let heir = heirs[add.transactionalID] { (add.producerID, add.producerEpoch) = heir }
      return .addPartitionsToTxn(add)
    default: return request
    }
  }

  func show(_ value: String, at offset: Offset, of place: TopicPartition, _ isolation: IsolationLevel) {
    if isolation == .readCommitted { shownAsCommitted.insert(value) }
    if let before = shown[place]?.updateValue(value, forKey: offset) ?? nil, before != value {
      report(.stability, "\(place) showed \(before) at \(offset), then \(value)")
    }
    if shown[place] == nil { shown[place] = [offset: value] }
  }

  func attempt(position: Int64) { attemptedPosition = max(attemptedPosition, position) }
  func acknowledge(position: Int64) { acknowledgedPosition = max(acknowledgedPosition, position) }

  /// A worker was told the group's position; `floor` was acknowledged before it asked.
  func told(position: Int64, floor: Int64) {
    if position < floor || position > attemptedPosition {
      report(.positions, "the group was told \(position); \(floor) was acknowledged")
    }
  }

  /// What the administrator knows of a topic: there, gone, or unknown (nil).
  func topic(_ name: String, exists: Bool?) { topics[name] = .some(exists) }
}

extension BrokerModel {
  /// Compares what stands in the logs at the end with everything that was promised.
  func check(_ reading: FinalReading) {
    checkRecords(reading)
    checkTransactions(reading)
    checkShown(reading)
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

  private func checkRecords(_ reading: FinalReading) {
    for (place, records) in reading.records.sorted(by: { $0.key < $1.key }) {
      var seen: Set<String> = []
      var last: [Substring: Int] = [:]
      for (_, value) in records {
        if !seen.insert(value).inserted { report(.once, "\(value) stands twice in \(place)") }
        let parts = value.split(separator: ":")
        guard parts.count == 2, let number = Int(parts[1]) else { continue }
        if let before = last[parts[0]], before >= number {
          report(.order, "\(value) stands after \(parts[0]):\(before) in \(place)")
        }
        last[parts[0]] = number
      }
      for (value, home) in acknowledgedValues where home == place && !seen.contains(value) {
        report(.durability, "\(value) was acknowledged and is not in \(place)")
      }
    }
  }

  private func checkTransactions(_ reading: FinalReading) {
    let committed = Set(reading.committed.values.flatMap { $0.map(\.value) })
    var last: [String: Int64] = [:]
    for (key, transaction) in transactions.sorted(by: { $0.key < $1.key }) {
      let visible = transaction.values.count { committed.contains($0) }
      if visible > 0 { last[transaction.client] = max(last[transaction.client] ?? 0, transaction.ordinal) }
      if visible > 0, visible < transaction.values.count {
        report(.atomicity, "\(visible) of \(transaction.values.count) records of \(key) are visible")
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

  private func checkShown(_ reading: FinalReading) {
    for (place, records) in shown.sorted(by: { $0.key < $1.key }) {
      let final = Dictionary(uniqueKeysWithValues: reading.records[place] ?? [])
      for (offset, value) in records where final[offset] != value {
        report(
          .stability, "\(place) showed \(value) at \(offset), and has \(final[offset] ?? "nothing") there")
      }
    }
    let committed = Set(reading.committed.values.flatMap { $0.map(\.value) })
    for value in shownAsCommitted.sorted() where !committed.contains(value) {
      report(.isolation, "\(value) was shown as committed and is not")
    }
  }
}
