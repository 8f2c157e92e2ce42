// Fetch: reads below the durable end of each log, and waits as long as it may until enough is there (long
// poll).
import Basics
import BrokerProtocol

/// The fetches that wait.
struct FetchPolls {
  struct Poll {
    var request: FetchRequest
    var address: ReplyAddress
    var principal: Principal
    var deadline: Timestamp
  }

  /// In the order they came.
  private(set) var waiting: [Poll] = []

  var nextDeadline: Timestamp? { waiting.lazy.map(\.deadline).min() }

  mutating func add(_ poll: Poll) { waiting.append(poll) }
  mutating func remove(_ connection: ConnectionID) {
    waiting.removeAll { $0.address.connection == connection }
  }

  mutating func takeAll() -> [Poll] {
    defer { waiting = [] }
    return waiting
  }
}

extension Broker {
  func fetch(_ request: FetchRequest, _ caller: Caller, now: Timestamp) {
    guard request.sessionID == 0 else {
      return replyAtOnce(.fetch(FetchResponse(error: .fetchSessionIDNotFound)), to: caller.address)
    }
    let wait_ms = min(max(0, request.maxWait.milliseconds), Int64(Int32.max))
    let poll = FetchPolls.Poll(
      request: request, address: caller.address, principal: caller.principal,
      deadline: now + .milliseconds(wait_ms))
    answer(poll, now: now)
  }

  /// Looks at every waiting fetch again: more may be durable, or its time may be up.
  func answerPolls(now: Timestamp) {
    for poll in polls.takeAll() { answer(poll, now: now) }
  }

  private func answer(_ poll: FetchPolls.Poll, now: Timestamp) {
    let (response, bytes, hasError) = read(poll.request, poll.principal)
    let isEnough = hasError || bytes >= Int(poll.request.minBytes) || poll.request.topics.isEmpty
    if isEnough || poll.deadline <= now {
      replyAtOnce(.fetch(response), to: poll.address)
    } else {
      polls.add(poll)
    }
  }

  private func read(_ request: FetchRequest, _ principal: Principal) -> (
    FetchResponse, bytes: Int, hasError: Bool
  ) {
    var budget = min(max(0, Int(request.maxBytes)), settings.fetch_bytes_max)
    var bytes = 0
    var hasError = false
    let topics = request.topics.map { topic in
      TopicEntry(
        name: topic.name,
        partitions: topic.partitions.map { part in
          guard principal.mayRead(topic.name) else {
            hasError = true
            return FetchResponse.Partition(partition: part.partition, error: .topicAuthorizationFailed)
          }
          let result = read(part, of: topic.name, request.isolation, budget, isFirst: bytes == 0)
          let size = result.records.reduce(0) { $0 + $1.count }
          budget = max(0, budget - size)
          bytes += size
          hasError = hasError || result.error != .none
          return result
        })
    }
    return (FetchResponse(error: .none, topics: topics), bytes, hasError)
  }

  private func read(
    _ part: FetchRequest.Partition, of topic: String, _ isolation: IsolationLevel, _ budget: Int,
    isFirst: Bool
  ) -> FetchResponse.Partition {
    let place = TopicPartition(topic: topic, partition: part.partition)
    var result = FetchResponse.Partition(partition: part.partition)
    guard let log = state.log(of: place), let partition = state.partitions[log] else {
      result.error = .unknownTopicOrPartition
      return result
    }
    guard part.currentLeaderEpoch <= onlyLeaderEpoch else {
      result.error = .unknownLeaderEpoch
      return result
    }
    result.highWatermark = store.readableEnd(of: log)
    result.lastStableOffset = partition.lastStableOffset(durableEnd: result.highWatermark)
    result.logStartOffset = store.startOffset(of: log)
    guard part.fetchOffset >= result.logStartOffset, part.fetchOffset <= store.endOffset(of: log) else {
      result.error = .offsetOutOfRange
      return result
    }
    let end = isolation == .readCommitted ? result.lastStableOffset : result.highWatermark
    do throws(StoreError) {
      result.records = try store.read(
        log, from: part.fetchOffset, below: end, maxBytes: min(max(0, Int(part.maxBytes)), budget),
        atLeastOneBatch: isFirst)
    } catch {
      result.error = .storageError
    }
    if isolation == .readCommitted {
      result.abortedTransactions = partition.aborted(in: part.fetchOffset..<max(part.fetchOffset, end)).map {
        FetchResponse.AbortedTransaction(producerID: $0.producerID, firstOffset: $0.first)
      }
    }
    return result
  }
}

extension Broker {
  func listOffsets(_ request: ListOffsetsRequest, _ caller: Caller) -> ListOffsetsResponse {
    ListOffsetsResponse(
      topics: request.topics.map { topic in
        TopicEntry(
          name: topic.name,
          partitions: topic.partitions.map { part -> ListOffsetsResponse.Partition in
            caller.principal.maySee(topic.name)
              ? find(part, of: topic.name, request.isolation)
              : .init(partition: part.partition, error: .topicAuthorizationFailed)
          })
      })
  }

  private func find(_ part: ListOffsetsRequest.Partition, of topic: String, _ isolation: IsolationLevel)
    -> ListOffsetsResponse.Partition
  {
    let place = TopicPartition(topic: topic, partition: part.partition)
    var result = ListOffsetsResponse.Partition(partition: part.partition)
    guard let log = state.log(of: place), let partition = state.partitions[log] else {
      result.error = .unknownTopicOrPartition
      return result
    }
    guard part.currentLeaderEpoch <= onlyLeaderEpoch else {
      result.error = .unknownLeaderEpoch
      return result
    }
    let durableEnd = store.readableEnd(of: log)
    let end =
      isolation == .readCommitted ? partition.lastStableOffset(durableEnd: durableEnd) : durableEnd
    do throws(StoreError) {
      let found = try find(part.position, in: log, below: end)
      result.offset = found.offset
      result.timestamp = found.timestamp
      if found.offset != .none { result.leaderEpoch = onlyLeaderEpoch }
    } catch {
      result.error = .storageError
    }
    return result
  }

  private func find(_ position: ListOffsetsRequest.Position, in log: LogID, below end: Offset)
    throws(StoreError) -> (offset: Offset, timestamp: Timestamp)
  {
    switch position {
    case .earliest: return (store.startOffset(of: log), .none)
    case .latest: return (end, .none)
    case .time(let time):
      guard let found = try store.firstOffset(log, at: time, below: end) else { return (.none, .none) }
      return (found.offset, found.timestamp)
    case .largestTimestamp:
      let largest = store.segments(of: log).map(\.maxTimestamp).max() ?? .none
      guard largest != .none, let found = try store.firstOffset(log, at: largest, below: end) else {
        return (.none, .none)
      }
      return (found.offset, found.timestamp)
    }
  }
}

extension Broker {
  /// Nobody but this broker ever led, so its one epoch ends where the log does.
  func offsetForLeaderEpoch(
    _ request: OffsetForLeaderEpochRequest, _ caller: Caller
  ) -> OffsetForLeaderEpochResponse {
    OffsetForLeaderEpochResponse(
      topics: request.topics.map { topic in
        TopicEntry(
          name: topic.name,
          partitions: topic.partitions.map { part -> OffsetForLeaderEpochResponse.Partition in
            caller.principal.maySee(topic.name)
              ? epochEnd(part, of: topic.name)
              : .init(partition: part.partition, error: .topicAuthorizationFailed)
          })
      })
  }

  private func epochEnd(_ part: OffsetForLeaderEpochRequest.Partition, of topic: String)
    -> OffsetForLeaderEpochResponse.Partition
  {
    let place = TopicPartition(topic: topic, partition: part.partition)
    guard let log = state.log(of: place) else {
      return .init(partition: part.partition, error: .unknownTopicOrPartition)
    }
    guard part.currentLeaderEpoch <= onlyLeaderEpoch else {
      return .init(partition: part.partition, error: .unknownLeaderEpoch)
    }
    var result = OffsetForLeaderEpochResponse.Partition(partition: part.partition)
    if part.leaderEpoch == onlyLeaderEpoch {
      result.leaderEpoch = onlyLeaderEpoch
      result.endOffset = store.readableEnd(of: log)
    }
    return result
  }
}
