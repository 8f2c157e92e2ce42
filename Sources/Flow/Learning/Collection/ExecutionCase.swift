// All that is known of one execution, joined by its id whichever came first: a set of events, whose meaning
// does not depend on the order in which they came. What an execution lacks may still come; what waits for it
// is forgotten with the case when the window ends.
public import Basics
internal import Events

/// An execution, what was said about it, and what was taken back.
public struct ExecutionCase: Hashable, Sendable {
  /// Judgements of one execution; beyond it they are set aside, so that no key grows without end.
  public static let feedbackMax = 256
  /// Further events of one key (scores, retrievals, a session's) that are known again when they come twice.
  /// Beyond it the oldest are forgotten: what is sent again comes soon.
  public static let identitiesMax = 256
  /// Of all texts: a case must fit a changelog's record of 1 MB.
  public static let bytesMax = 524_288

  /// Feedback that has been taken back, which need not have come yet.
  struct Retraction: Hashable, Sendable {
    var feedbackID: String
    var time: EventTime
  }

  /// What became of an event that is added.
  public enum Addition: Sendable {
    case added
    /// The same event, or another one that says what can be said once, came before.
    case duplicate
    /// The case has no room for it.
    case full
  }

  public internal(set) var execution: ExecutionRecord?
  public internal(set) var feedback: [FeedbackRecord] = []
  var retractions: [Retraction] = []
  private(set) var identities: [UInt64] = []

  public init() {}

  private var byteCount: Int {
    (execution?.texts.bytes.count ?? 0) + feedback.reduce(0) { $0 + $1.texts.bytes.count }
      + retractions.count * Field.bytesOfID
  }

  private enum Field {
    /// An id is at most 256 characters.
    static let bytesOfID = 1024
  }

  public mutating func add(_ execution: ExecutionRecord) -> Addition {
    guard self.execution == nil else { return .duplicate }
    guard byteCount + execution.texts.bytes.count <= Self.bytesMax else { return .full }
    self.execution = execution
    return .added
  }

  /// `keepsAll` is false for what stands in for an execution, a session or a user: there the oldest goes.
  public mutating func add(_ record: FeedbackRecord, keepsAll: Bool = true) -> Addition {
    guard !feedback.contains(where: { $0.identity == record.identity }) else { return .duplicate }
    if feedback.count == Self.feedbackMax {
      if keepsAll { return .full }
      feedback.removeFirst()
    }
    guard byteCount + record.texts.bytes.count <= Self.bytesMax else { return .full }
    feedback.append(record)
    return .added
  }

  /// Takes feedback back, once.
  public mutating func retract(_ feedbackID: String, at time: EventTime) -> Addition {
    guard !retractions.contains(where: { $0.feedbackID == feedbackID }) else { return .duplicate }
    guard retractions.count < Self.feedbackMax else { return .full }
    retractions.append(Retraction(feedbackID: feedbackID, time: time))
    return .added
  }

  /// Remembers an event that is not kept itself; false when it came before.
  public mutating func note(_ identity: UInt64) -> Bool {
    guard !identities.contains(identity) else { return false }
    if identities.count == Self.identitiesMax { identities.removeFirst() }
    identities.append(identity)
    return true
  }
}

extension ExecutionCase {
  /// Why feedback counts no longer.
  public enum Withdrawal: Hashable, Sendable {
    case retracted(at: EventTime)
    /// By the feedback with that place in the case.
    case replaced(at: EventTime, by: Int)

    public var time: EventTime {
      switch self {
      case .retracted(let time), .replaced(let time, _): time
      }
    }
  }

  /// For each feedback, whether it counts no longer: it has been taken back, before it came or after, or
  /// another one stands in its place. Being taken back comes first, then the first to replace it.
  public func withdrawals() -> [Withdrawal?] {
    var found: [Withdrawal?] = Array(repeating: nil, count: feedback.count)
    let replacing = feedback.indices.filter { feedback[$0].replaces != nil }
    guard !retractions.isEmpty || !replacing.isEmpty else { return found }
    var places: [String: [Int]] = [:]
    for index in feedback.indices { places[feedback[index].id, default: []].append(index) }
    let inOrder = replacing.sorted {
      (feedback[$0].time, feedback[$0].id) < (feedback[$1].time, feedback[$1].id)
    }
    for other in inOrder {
      for index in places[feedback[other].replaces ?? ""] ?? [] where index != other && found[index] == nil {
        found[index] = .replaced(at: feedback[other].time, by: other)
      }
    }
    for retraction in retractions {
      for index in places[retraction.feedbackID] ?? [] { found[index] = .retracted(at: retraction.time) }
    }
    return found
  }
}

extension ExecutionCase: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(execution == nil ? 0 : 1)
    if let execution { bytes.append(counted: execution) }
    bytes.append(littleEndian: UInt32(feedback.count))
    feedback.forEach { bytes.append(counted: $0) }
    bytes.append(littleEndian: UInt32(retractions.count))
    for retraction in retractions {
      bytes.append(countedText: retraction.feedbackID)
      bytes.append(littleEndian: retraction.time.rawValue)
    }
    for identity in identities { bytes.append(littleEndian: identity) }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let hasExecution = reader.integer(UInt8.self) else { return nil }
    if hasExecution == 1 {
      guard let execution = reader.counted(ExecutionRecord.self) else { return nil }
      self.execution = execution
    }
    guard let count = reader.integer(UInt32.self) else { return nil }
    for _ in 0..<count {
      guard let record = reader.counted(FeedbackRecord.self) else { return nil }
      feedback.append(record)
    }
    guard let retracted = reader.integer(UInt32.self) else { return nil }
    for _ in 0..<retracted {
      guard let id = reader.text(), let time = reader.integer(Int64.self) else { return nil }
      retractions.append(Retraction(feedbackID: id, time: EventTime(milliseconds: time)))
    }
    while !reader.isAtEnd {
      guard let identity = reader.integer(UInt64.self) else { return nil }
      identities.append(identity)
    }
  }
}
