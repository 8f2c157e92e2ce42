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

  private(set) var acknowledgedValues: [String: (place: TopicPartition, offset: Offset)] = [:]
  private(set) var transactions: [String: Transaction] = [:]
  private(set) var transactionOf: [String: String] = [:]
  private(set) var shown: [TopicPartition: [Offset: String]] = [:]
  private(set) var shownAsCommitted: [String: (place: TopicPartition, offset: Offset)] = [:]
  /// The epochs that replaced others, by transactional id.
  private var heirs: [String: (ProducerID, ProducerEpoch)] = [:]
  /// The greatest acknowledged and the greatest attempted position of the workers' group.
  private(set) var acknowledgedPosition: Int64 = 0
  private var attemptedPosition: Int64 = 0
  private(set) var topics: [String: Bool?] = [:]
  /// Where logs begin as acknowledged, and the most that was asked for.
  private(set) var starts: [TopicPartition: Offset] = [:]
  private(set) var attemptedTrims: [TopicPartition: Offset] = [:]

  func report(_ promise: Promise, _ what: String) {
    violations.append(Violation(promise: promise, what: what))
  }
}

extension BrokerModel {
  func acknowledge(_ values: [String], in place: TopicPartition, at base: Offset) {
    acknowledged += values.count
    for (index, value) in values.enumerated() { acknowledgedValues[value] = (place, base + Int64(index)) }
  }

  func asksToTrim(_ place: TopicPartition, below offset: Offset) {
    attemptedTrims[place] = max(attemptedTrims[place] ?? .zero, offset)
  }
  func hasTrimmed(_ place: TopicPartition, below offset: Offset) {
    showStart(offset, of: place)
    starts[place] = max(starts[place] ?? .zero, offset)
  }
  func showStart(_ offset: Offset, of place: TopicPartition) {
    if offset > attemptedTrims[place] ?? .zero {
      report(.durability, "\(place) begins at \(offset); nobody asked for that")
    }
  }

  /// A transaction's records are not to be seen before its producer asks to commit.
  func begin(_ key: String, ordinal: Int64, client: String) {
    transactions[key] = Transaction(ordinal: ordinal, client: client)
  }
  func write(_ values: [String], in key: String) {
    transactions[key]?.values += values
    for value in values { transactionOf[value] = key }
  }
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
    if isolation == .readCommitted { shownAsCommitted[value] = (place, offset) }
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
