// How far the review of an agent's examples has come, in one task: what waits, what was done each day, how
// far experts agree (R2.6, R6.3). Counts of tasks add up.
public import Basics
public import Events

/// One agent's review as one task sees it.
public struct AgentReview: Hashable, Sendable {
  /// What was done on one day of UTC, by the time of the events.
  public struct Day: Hashable, Sendable {
    /// Since 1970-01-01.
    public var number: Int32
    public var annotated: UInt32 = 0
    public var verified: UInt32 = 0
    public var approved: UInt32 = 0
    public var rejected: UInt32 = 0
  }

  /// The latest days that are kept.
  public static let daysMax = 31

  public var pending: UInt32 = 0
  public private(set) var days: [Day] = []
  /// Of annotations' dimensions.
  public var annotations = Agreement(.interval)
  /// Of reviewers' decisions.
  public var decisions = Agreement(.nominal)
  /// Of the last event that changed it.
  public var position: EventPosition

  public init(at position: EventPosition) { self.position = position }

  /// Counts a deed.
  public mutating func count(_ fact: ReviewFact) {
    let day_ms: Int64 = 86_400_000
    let time = fact.time.rawValue
    let number = Int32(clamping: time / day_ms - (time % day_ms < 0 ? 1 : 0))
    let place = days.firstIndex { $0.number >= number } ?? days.count
    if place == days.count || days[place].number != number { days.insert(Day(number: number), at: place) }
    switch fact.deed {
    case .annotated: days[place].annotated += 1
    case .verified(_, let isVerified, _): days[place].verified += isVerified ? 1 : 0
    case .reviewed(let review):
      if review.decision == .approved { days[place].approved += 1 } else { days[place].rejected += 1 }
    case .retired: break
    }
    if days.count > Self.daysMax { days.removeFirst() }
  }

  /// Takes out what an example brought before and puts in what it brings now.
  public mutating func update(from before: ExampleStanding?, to now: ExampleStanding?) {
    if let before {
      before.units.forEach { annotations.remove($0) }
      decisions.remove(before.votes)
      if before.isQueued { pending -= min(pending, 1) }
    }
    if let now {
      now.units.forEach { annotations.add($0) }
      decisions.add(now.votes)
      if now.isQueued { pending += 1 }
    }
  }
}

extension AgentReview: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(counted: position)
    bytes.append(counted: annotations)
    bytes.append(counted: decisions)
    bytes.append(littleEndian: pending)
    for day in days {
      bytes.append(littleEndian: day.number)
      for count in [day.annotated, day.verified, day.approved, day.rejected] {
        bytes.append(littleEndian: count)
      }
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let position = reader.counted(EventPosition.self), let annotations = reader.counted(Agreement.self),
      let decisions = reader.counted(Agreement.self), let pending = reader.integer(UInt32.self)
    else { return nil }
    self.position = position
    (self.annotations, self.decisions, self.pending) = (annotations, decisions, pending)
    while !reader.isAtEnd {
      guard let number = reader.integer(Int32.self), let annotated = reader.integer(UInt32.self),
        let verified = reader.integer(UInt32.self), let approved = reader.integer(UInt32.self),
        let rejected = reader.integer(UInt32.self)
      else { return nil }
      days.append(
        Day(number: number, annotated: annotated, verified: verified, approved: approved, rejected: rejected))
    }
  }
}
