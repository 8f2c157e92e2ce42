// One transactional id (KIP-98, KIP-360), as a value. A transaction's end is one frame of the journal,
// markers, offsets and all, so the phases in which Kafka waits for markers do not exist here.
import Basics
import BrokerProtocol

/// ```
///            add partitions, offsets            commit
///   empty ───────────────────────────▶ ongoing ────────▶ committed
///     ▲                                  │  ▲               │
///     │ initialize (from any phase,      │  └── add ... ────┤
///     │ after aborting what is ongoing)  │ abort, timeout   │
///     │                                  ▼                  │
///     └────────────────────────────── aborted ◀─ (never) ───┘
/// ```
/// Legal successors: empty: ongoing; ongoing: committed, aborted; committed, aborted: ongoing; any: empty.
struct TransactionState: Equatable, Sendable {
  enum Phase: UInt8, Sendable { case empty, ongoing, committed, aborted }

  /// What an EndTxn brings about.
  enum Ending: Equatable, Sendable {
    case end(TransactionOutcome)
    /// It had ended just so: a repeated request.
    case alreadyEnded
    case refuse(ErrorCode)
  }

  enum Initialization: Equatable, Sendable {
    /// Raise the epoch.
    case bump
    /// A repeated request: the epoch it asked for is the current one.
    case repeated
    case refuse(ErrorCode)
  }

  /// The largest epoch given out; its successor only ever stands in markers that fence it.
  static let epochMax = ProducerEpoch(Int16.max - 1)

  let id: String
  private(set) var producerID: ProducerID
  private(set) var epoch: ProducerEpoch
  /// What the producer named when it asked for the current epoch, to know the repeated request by. None if it
  /// named nothing: a newcomer's former self must not be taken for it.
  private(set) var former: (producerID: ProducerID, epoch: ProducerEpoch)
  private(set) var timeout: Duration
  private(set) var phase = Phase.empty
  private(set) var partitions: Set<TopicPartition> = []
  /// The groups whose offsets it commits.
  private(set) var groups: Set<String> = []
  /// When the first partition or group was added.
  private(set) var startedAt = Timestamp.none
  private(set) var lastActive: Timestamp

  init(id: String, producerID: ProducerID, timeout: Duration, now: Timestamp) {
    self.id = id
    self.producerID = producerID
    self.timeout = timeout
    epoch = ProducerEpoch(0)
    former = (.none, .none)
    lastActive = now
  }

  /// As it was written down.
  init(
    id: String, producerID: ProducerID, epoch: ProducerEpoch,
    former: (producerID: ProducerID, epoch: ProducerEpoch), timeout: Duration, phase: Phase,
    partitions: Set<TopicPartition>, groups: Set<String>, startedAt: Timestamp, lastActive: Timestamp
  ) {
    self.init(id: id, producerID: producerID, timeout: timeout, now: lastActive)
    self.epoch = epoch
    self.former = former
    self.phase = phase
    self.partitions = partitions
    self.groups = groups
    self.startedAt = startedAt
  }

  static func == (a: TransactionState, b: TransactionState) -> Bool {
    a.id == b.id && a.producerID == b.producerID && a.epoch == b.epoch && a.former == b.former
      && a.timeout == b.timeout && a.phase == b.phase && a.partitions == b.partitions && a.groups == b.groups
      && a.startedAt == b.startedAt && a.lastActive == b.lastActive
  }

  /// When it is aborted unless it ends before.
  var deadline: Timestamp? { phase == .ongoing ? startedAt + timeout : nil }
}

extension TransactionState {
  /// Why this sender must not act for the transactional id; nil when it may.
  func refusal(of producer: ProducerID, epoch senderEpoch: ProducerEpoch) -> ErrorCode? {
    if producer != producerID { return .invalidProducerIDMapping }
    return senderEpoch == epoch ? nil : .producerFenced
  }

  /// Whether a producer that names its former id and epoch (none: it has none) may have the next epoch.
  func initialization(producer: ProducerID, epoch claimed: ProducerEpoch) -> Initialization {
    if producer == .none { return .bump }
    if producer == producerID, claimed == epoch { return .bump }
    if producer == former.producerID, claimed == former.epoch, claimed != .none { return .repeated }
    return .refuse(.producerFenced)
  }

  /// Gives the producer its next epoch, or `freshID` with epoch 0 when the epochs of its id are used up.
  mutating func initialize(
    claiming former: (producerID: ProducerID, epoch: ProducerEpoch), timeout: Duration, freshID: ProducerID?,
    now: Timestamp
  ) {
    self.former = former
    if let freshID {
      producerID = freshID
      epoch = ProducerEpoch(0)
    } else {
      epoch = ProducerEpoch(epoch.rawValue + 1)
    }
    self.timeout = timeout
    phase = .empty
    clear(now: now)
  }

  var needsFreshID: Bool { epoch >= Self.epochMax }

  /// Adds partitions and groups; returns whether anything changed.
  mutating func add(_ newPartitions: [TopicPartition], _ newGroups: [String], now: Timestamp) -> Bool {
    let isNews =
      phase != .ongoing || !partitions.isSuperset(of: newPartitions) || !groups.isSuperset(of: newGroups)
    guard isNews else { return false }
    if phase != .ongoing { startedAt = now }
    phase = .ongoing
    partitions.formUnion(newPartitions)
    groups.formUnion(newGroups)
    lastActive = now
    return true
  }

  func ending(commit: Bool) -> Ending {
    switch (phase, commit) {
    case (.ongoing, _): .end(commit ? .commit : .abort)
    case (.committed, true), (.aborted, false): .alreadyEnded
    case (.empty, _), (.committed, false), (.aborted, true): .refuse(.invalidTransactionState)
    }
  }

  mutating func end(_ outcome: TransactionOutcome, now: Timestamp) {
    phase = outcome == .commit ? .committed : .aborted
    clear(now: now)
  }

  /// Ends it against its owner's will: whoever still holds the old epoch is fenced.
  mutating func abortAndFence(now: Timestamp) {
    epoch = fencingEpoch
    former = (.none, .none)
    end(.abort, now: now)
  }

  /// What the markers of a forced abort carry.
  var fencingEpoch: ProducerEpoch { ProducerEpoch(epoch.rawValue == .max ? .max : epoch.rawValue + 1) }

  /// A deleted topic's partitions need no markers.
  mutating func forget(topic: String) {
    partitions = partitions.filter { $0.topic != topic }
  }

  private mutating func clear(now: Timestamp) {
    partitions = []
    groups = []
    startedAt = .none
    lastActive = now
  }
}
