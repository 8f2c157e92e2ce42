// Fetching in the background: one request at a time for all partitions, waiting at the broker until there is
// something. What has come is kept until the worker asks.
internal import Basics
internal import BrokerCore
internal import BrokerProtocol
internal import Runtime

/// A partition being read.
struct Reading {
  /// Tells it from an earlier reading of the same partition.
  let number: Int
  var position: Offset
  var fetched: ArraySlice<DeliveredRecord> = []
  /// The partition's end, to be told once all that was fetched has been read.
  var fetchedEnd: Offset?
  /// The end, as told.
  var end: Offset?
  var failure: ClientFailure?
}

struct FetchUnderWay {
  var token: ReplyToken
  var positions: [TopicPartition: (reading: Int, from: Offset)]
}

extension SimulatedPort {
  /// How much is fetched ahead of the worker.
  private static let fetchedMax = 400

  func startReading(_ partition: TopicPartition, at offset: Offset) throws(ClientFailure) {
    try call { () throws(ClientFailure) in
      lastReading += 1
      readings[partition] = Reading(number: lastReading, position: offset)
      planFetch(after: .zero)
    }
  }

  func stopReading(_ partition: TopicPartition) { readings[partition] = nil }

  func read(
    _ partition: TopicPartition, into batch: inout Runtime.RecordBatch, limit: Int
  ) throws(ClientFailure) -> Offset? {
    guard var reading = readings[partition] else { preconditionFailure("\(partition) is not being read") }
    defer { readings[partition] = reading }
    if isDead { throw .retry("the process is gone") }
    if reading.fetched.isEmpty, let failure = reading.failure {
      reading.failure = nil
      throw failure
    }
    let taken = reading.fetched.prefix(limit)
    reading.fetched = reading.fetched.dropFirst(limit)
    for record in taken { batch.append(record) }
    if !taken.isEmpty { reading.end = nil }
    if reading.fetched.isEmpty, let end = reading.fetchedEnd {
      reading.end = end
      reading.fetchedEnd = nil
    }
    if !taken.isEmpty { planFetch(after: .milliseconds(1)) }
    return reading.end
  }

  func planFetch(after wait: Duration) {
    guard !isFetchPlanned, fetchUnderWay == nil, !isDead else { return }
    isFetchPlanned = true
    world.schedule(.fetch(process: process.id), after: wait)
  }

  func fetch() {
    isFetchPlanned = false
    guard !isDead, fetchUnderWay == nil else { return }
    var topics: [TopicEntry<FetchRequest.Partition>] = []
    var positions: [TopicPartition: (reading: Int, from: Offset)] = [:]
    for (partition, reading) in readings.sorted(by: { $0.key < $1.key }) {
      guard reading.fetched.count < Self.fetchedMax, reading.failure == nil else { continue }
      if topics.last?.name != partition.topic { topics.append(TopicEntry(name: partition.topic)) }
      topics[topics.count - 1].partitions.append(
        .init(
          partition: partition.partition, fetchOffset: reading.position,
          maxBytes: Int32(world.random.int(in: 100..<20_000))))
      positions[partition] = (reading.number, reading.position)
    }
    guard !topics.isEmpty else { return }
    let token = world.broker.nextToken()
    fetchUnderWay = FetchUnderWay(token: token, positions: positions)
    guard world.broker.isUp, !world.has(.network, 1, in: 200) else { return fetchBroke() }
    let isolation: IsolationLevel =
      world.sabotage == .uncommittedReads ? .readUncommitted : .readCommitted
    // The first look at a partition's end is not waited for.
    let isNews = readings.values.contains { $0.end == nil && $0.fetchedEnd == nil && $0.fetched.isEmpty }
    let request = FetchRequest(
      maxWait: isNews ? .milliseconds(5) : .milliseconds(150), minBytes: 1, isolation: isolation,
      topics: topics)
    world.broker.send(
      .fetch(request), version: 11, ReplyAddress(connection: fetching, token: token), world.now)
  }

  func fetchBroke() {
    guard fetchUnderWay != nil else { return }
    fetchUnderWay = nil
    planFetch(after: .milliseconds(Int64(world.random.int(in: 10..<120))))
  }

  func receive(_ response: Response, _ address: ReplyAddress) {
    guard !isDead else { return }
    guard address.connection == fetching else { return receiveMembership(response, address.token) }
    guard let underWay = fetchUnderWay, underWay.token == address.token, case .fetch(let answer) = response
    else { return }
    fetchUnderWay = nil
    var isNews = false
    for topic in answer.topics {
      for part in topic.partitions {
        let partition = TopicPartition(topic: topic.name, partition: part.partition)
        guard let asked = underWay.positions[partition] else { continue }
        if take(part, of: partition, asked) { isNews = true }
      }
    }
    planFetch(after: .milliseconds(Int64(world.random.int(in: 0..<4))))
    if isNews { process.stir() }
  }

  private func take(
    _ part: FetchResponse.Partition, of partition: TopicPartition, _ asked: (reading: Int, from: Offset)
  ) -> Bool {
    guard var reading = readings[partition], reading.number == asked.reading else { return false }
    defer { readings[partition] = reading }
    switch part.error {
    case .none: break
    case .offsetOutOfRange:
      reading.failure = .refused("_AUTO_OFFSET_RESET at \(asked.from)")
      return true
    default: return false
    }
    let found = DeliveredRecords(part, from: asked.from, committedOnly: world.sabotage != .uncommittedReads)
    reading.fetched += found.records
    let before = reading.position
    reading.position = found.next
    if !found.records.isEmpty { reading.fetchedEnd = nil }
    let end = world.sabotage == .uncommittedReads ? part.highWatermark : part.lastStableOffset
    guard found.next >= end else { return !found.records.isEmpty }
    let isNews = reading.position > before || (reading.end == nil && reading.fetchedEnd == nil)
    if isNews { reading.fetchedEnd = found.next }
    return isNews
  }
}

extension Runtime.RecordBatch {
  mutating func append(_ record: DeliveredRecord) {
    record.key.withSpan { key in
      record.value.withSpan { value in
        append(record.offset, at: record.timestamp, key: key, value: value)
      }
    }
    for header in record.headers {
      let name = Array(header.name.utf8)
      header.value.withSpan { appendHeader(unsafe name.span.bytes, $0) }
    }
  }
}

extension [UInt8]? {
  /// Lends the bytes, nil when there are none.
  func withSpan<Result>(_ body: (RawSpan?) -> Result) -> Result {
    guard let bytes = self else { return body(nil) }
    return body(unsafe bytes.span.bytes)
  }
}
