// The life of an experiment as a state machine (R7.1). Times are those of the events that changed it.
//
//   draft --> running --> completed
//     |          |
//     +----------+------> stopped
//
// What has ended stays ended; saying the same state again may add a winner, a decision and notes to it.
public import Basics
public import Events

/// Where an experiment stands, since when, and what people made of it.
public struct ExperimentLife: Hashable, Sendable {
  public private(set) var standing = ExperimentStanding.draft
  public private(set) var startedAt: EventTime?
  public private(set) var endedAt: EventTime?
  public private(set) var changedBy: String?
  public private(set) var winner: Winner?
  public private(set) var decision: String?
  public private(set) var notes: String?

  public init() {}

  public var isRunning: Bool { standing == .running }
  public var hasEnded: Bool { endedAt != nil }

  /// A change as its event says it.
  public struct Change: Hashable, Sendable {
    public var status: ExperimentStatus
    public var time: EventTime
    public var winner: Winner?
    public var decision: String?
    public var notes: String?
    public var changedBy: String?

    public init(
      _ status: ExperimentStatus, at time: EventTime, winner: Winner? = nil, decision: String? = nil,
      notes: String? = nil, changedBy: String? = nil
    ) {
      self.status = status
      self.time = time
      self.winner = winner
      self.decision = decision
      self.notes = notes
      self.changedBy = changedBy
    }

    public init(_ fields: Fields<ExperimentChanged>, at time: EventTime) {
      self.init(
        fields.choice(.status) ?? .running, at: time, winner: fields.choice(.winner),
        decision: fields.text(.decision)?.string, notes: fields.text(.notes)?.string,
        changedBy: fields.text(.changedBy)?.string)
    }
  }

  /// Changes the state. False when the state has no such successor: then nothing has changed.
  public mutating func apply(_ change: Change) -> Bool {
    switch (standing, change.status) {
    case (.draft, .running):
      standing = .running
      startedAt = change.time
    case (.running, .completed), (.running, .stopped), (.draft, .stopped):
      standing = change.status == .completed ? .completed : .stopped
      // An experiment does not end before it began, whatever the clocks of those who said so.
      endedAt = max(change.time, startedAt ?? change.time)
    case (.running, .running), (.completed, .completed), (.stopped, .stopped): break
    case (.draft, .completed), (.completed, .running), (.completed, .stopped), (.stopped, .running),
      (.stopped, .completed):
      return false
    }
    winner = change.winner ?? winner
    decision = change.decision ?? decision
    notes = change.notes ?? notes
    changedBy = change.changedBy ?? changedBy
    return true
  }

  mutating func forget(_ user: String?) {
    if changedBy == user { changedBy = nil }
  }

  /// Whether what happened at `time` counts: after the start, before the end.
  public func covers(_ time: EventTime) -> Bool {
    guard let startedAt, time >= startedAt else { return false }
    return endedAt.map { time < $0 } ?? true
  }
}

extension ExperimentLife: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(UInt8(standing.rawValue))
    bytes.append(littleEndian: startedAt?.rawValue ?? .min)
    bytes.append(littleEndian: endedAt?.rawValue ?? .min)
    bytes.append(UInt8(winner.map { $0.rawValue + 1 } ?? 0))
    for text in [changedBy, decision, notes] { bytes.append(countedText: text ?? "") }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let standing = reader.integer(UInt8.self).flatMap({ ExperimentStanding(rawValue: Int($0)) }),
      let started = reader.integer(Int64.self), let ended = reader.integer(Int64.self),
      let winner = reader.integer(UInt8.self), winner <= Winner.allCases.count,
      let changedBy = reader.text(), let decision = reader.text(), let notes = reader.text(), reader.isAtEnd
    else { return nil }
    self.standing = standing
    startedAt = started == .min ? nil : EventTime(milliseconds: started)
    endedAt = ended == .min ? nil : EventTime(milliseconds: ended)
    self.winner = winner == 0 ? nil : Winner(rawValue: Int(winner) - 1)
    self.changedBy = changedBy.isEmpty ? nil : changedBy
    self.decision = decision.isEmpty ? nil : decision
    self.notes = notes.isEmpty ? nil : notes
  }
}
