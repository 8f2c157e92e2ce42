// What is known of one arm over a stretch of time: counts, moments and a sketch, all of which add up, and
// where in the inputs it was said.
public import Basics

/// Measurements of one arm. Its parts add up, in any order but for the last bits of sums of fractions.
public struct ArmTally: Hashable, Sendable {
  /// A share of counted things.
  public struct Share: Hashable, Sendable {
    public var total: UInt64
    public var hits: UInt64

    public init(total: UInt64 = 0, hits: UInt64 = 0) {
      self.total = total
      self.hits = hits
    }

    public mutating func add(_ isHit: Bool) {
      total &+= 1
      if isHit { hits &+= 1 }
    }

    mutating func merge(_ other: Share) {
      total &+= other.total
      hits &+= other.hits
    }
  }

  /// Executions, and those that ended in an error.
  public var errors = Share()
  /// Executions that say whether their task was completed, and those that did not complete it.
  public var incompletions = Share()
  /// Probes of the arm's availability, and those that found it down.
  public var downtime = Share()
  /// Learning operations, and those that failed.
  public var learningFailures = Share()
  /// Milliseconds of executions.
  public var latency_ms = QuantileSketch()
  public var latencyMoments_ms = Moments()
  /// Ratings, 1 to 5; a thumb up is 5, a thumb down 1.
  public var satisfaction = Moments()
  /// Scores of the evaluation `accuracy`, 0 to 1.
  public var accuracy = Moments()
  /// Measured memory in bytes, of whichever instance said so.
  public var memory_bytes = Moments()
  /// Where all this was said: one range a partition, in order of topic and partition.
  public private(set) var evidence: [OffsetRange] = []

  public init() {}

  public var isEmpty: Bool { evidence.isEmpty && self == ArmTally() }

  public mutating func note(_ origin: EvidenceOrigin) {
    note(OffsetRange(place: origin.place, first: origin.offset, last: origin.offset))
  }

  public mutating func merge(_ other: ArmTally) {
    errors.merge(other.errors)
    incompletions.merge(other.incompletions)
    downtime.merge(other.downtime)
    learningFailures.merge(other.learningFailures)
    latency_ms.merge(other.latency_ms)
    latencyMoments_ms.merge(other.latencyMoments_ms)
    satisfaction.merge(other.satisfaction)
    accuracy.merge(other.accuracy)
    memory_bytes.merge(other.memory_bytes)
    for range in other.evidence { note(range) }
  }

  public mutating func note(_ range: OffsetRange) {
    let index = evidence.firstIndex { !($0.place < range.place) } ?? evidence.count
    guard index < evidence.count, evidence[index].place == range.place else {
      return evidence.insert(range, at: index)
    }
    evidence[index].first = min(evidence[index].first, range.first)
    evidence[index].last = max(evidence[index].last, range.last)
  }
}

/// The offsets of one partition between which something was said; not each of them says it.
public struct OffsetRange: Hashable, Sendable {
  public var place: TopicPartition
  public var first: Offset
  public var last: Offset

  public init(place: TopicPartition, first: Offset, last: Offset) {
    self.place = place
    self.first = first
    self.last = last
  }
}
