// A running task's turn: gather what its inputs hold, fold it into an epoch, remember its commit.
internal import Basics
internal import Store

extension OwnedTask {
  /// Something was read that no epoch has taken.
  var hasGathered: Bool { inputs.contains { !$0.unread.isEmpty } }

  private func limit(_ now: Moment) -> EpochPlan.Limit? {
    EpochPlan.Limit(inputs, upstream, wallClock: now.wallClock)
  }

  /// Whether an epoch could be made now, and has anything to do.
  func hasWork(_ now: Moment) -> Bool {
    guard isConfigured, let limit = limit(now) else { return false }
    if inputs.contains(where: { limit.allows($0) }) { return true }
    let due = isAnnouncementDue(now) ? Timestamp(milliseconds: 1) : fold.nextDue
    guard let due, due <= max(fold.time.now, now.wallClock) else { return false }
    return due <= EpochPlan(inputs, limit, after: fold.time.now).end
  }

  /// How often an idle task tells the tasks behind it how far it has come.
  private static var announceInterval: Duration { .seconds(5) }

  private func isAnnouncementDue(_ now: Moment) -> Bool {
    guard definition.outputs.contains(where: \.isAnnounced) else { return false }
    return announcedAt.map { now.uptime - $0 >= Self.announceInterval } ?? true
  }

  /// Whether an epoch is held up by the limits of what is gathered, and not by time.
  func isFull(_ now: Moment, _ settings: EngineSettings) -> Bool {
    guard let limit = limit(now) else { return false }
    return inputs.contains { isFull($0, settings) && limit.allowsAll($0) }
  }

  /// Each input has its share of an epoch's limits: one that waits for the others must not take their room.
  private func isFull(_ input: InputCursor, _ settings: EngineSettings) -> Bool {
    input.unread.count >= recordShare(settings)
      || input.batch.byteCount >= settings.bytesPerEpochMax / inputs.count
  }

  /// Two at least: the last one gathered may have to stay.
  private func recordShare(_ settings: EngineSettings) -> Int {
    max(2, settings.recordsPerEpochMax / inputs.count)
  }

  /// Takes what has been fetched of its inputs, up to an epoch's limits. True when there was any.
  func gather(
    _ port: any ClientPort, _ settings: EngineSettings, _ now: Moment
  ) throws(ClientFailure) -> Bool {
    var hasAny = false
    for index in inputs.indices {
      inputs[index].letGo()
      let (before, unread) = (inputs[index].batch.count, inputs[index].unread.count)
      if isFull(inputs[index], settings), unread > 1, !mustBeReadWhole(inputs[index]) { continue }
      let limit = max(1, recordShare(settings) - unread)
      let end = try read(&inputs[index], limit, port)
      inputs[index].looked(end: end, knownEnd: port.knownEnd(of: inputs[index].partition))
      hasAny = hasAny || inputs[index].batch.count > before
      if inputs[index].kind == .tasks { hear(inputs[index], before..<inputs[index].batch.count, now) }
    }
    let inputs = inputs
    upstream.judge(fold.time.now, at: now.uptime) { topic in
      inputs.contains { $0.partition.topic == topic && $0.end != nil }
    }
    return hasAny
  }

  private func read(
    _ input: inout InputCursor, _ limit: Int, _ port: any ClientPort
  ) throws(ClientFailure) -> Offset? {
    if input.kind == .control {
      return try shared.read(input.partition, into: &input.batch, limit: limit, for: id)
    }
    return try port.read(input.partition, into: &input.batch, limit: limit)
  }

  /// Records of tasks are always read, so what they announce counts as soon as it is gathered.
  private func hear(_ input: InputCursor, _ records: Range<Int>, _ now: Moment) {
    input.batch.forEach(in: records, of: 0) { record in
      guard record.hasNoKey, let value = record.value, let heard = Announcement(decoding: value) else {
        return
      }
      upstream.hear(heard, on: input.partition.topic, at: now.uptime)
    }
  }

  /// Folds what may be read of what was gathered into an epoch, which then waits for its commit.
  func seal(at now: Moment) throws(ClientFailure) {
    precondition(phase == .running && sealed == nil, "an epoch on top of one not committed")
    guard let limit = limit(now) else { return }
    let plan = EpochPlan(inputs, limit, after: fold.time.now)
    let cursors = inputs
    let taken = zip(inputs.indices, plan.counts).map { inputs[$0].take($1) }
    let buffer = fold.fold(
      ClosedEpoch(
        epoch, taken, cursors.map(\.batch), zip(cursors, plan.counts).map { $0.unread.prefix($1) },
        end: plan.end, watermark: plan.watermark, passedOver: upstream.passedOver,
        isCareful: carefulEpochs > 0))
    announcedAt = now.uptime
    try checkState()
    try checkSizes(buffer)
    sealed = buffer
    epoch = epoch.next
  }

  /// How long records are folded carefully after one was set aside for the size of a value: more of the kind
  /// may follow it, and each would cost a return to the log.
  private static var carefulEpochsMax: Int { 100 }

  /// A value that no changelog takes sends the task back to the log, to fold again and find out which record
  /// makes it. When no record does, but a timer or the epoch's end, a person must help.
  private func checkSizes(_ buffer: EpochBuffer) throws(ClientFailure) {
    if let oversized = buffer.oversizedChange(of: fold.stores) {
      // The stores hold what will not be committed, and must not be written out.
      (memory, state) = (nil, nil)
      guard carefulEpochs == 0 else { throw .refused(oversized.description) }
      (carefulEpochs, mustBegin) = (Self.carefulEpochsMax, true)
      throw .retry(oversized.description)
    }
    let hasSetAside = buffer.record.ledger.setAside[.stateTooLarge] != nil
    carefulEpochs = hasSetAside ? Self.carefulEpochsMax : max(0, carefulEpochs - 1)
  }

  /// The sealed epoch is known to be committed. Where its records lie is not known when the log was asked
  /// whether it is committed: then the changelogs count as read up to where they were before, which a restore
  /// may repeat.
  func committed(
    _ delivered: DeliveredEpoch?, foundAt offset: Offset? = nil, at wallClock: Timestamp
  ) throws(ClientFailure) {
    guard let buffer = sealed else { preconditionFailure("a commit of nothing") }
    let last = LoggedEpoch(
      record: buffer.record, bytes: buffer.recordBytes, offset: delivered?.record ?? offset)
    memory = Memory(last: last)
    sealed = nil
    lastCommit = wallClock
    try keepState(of: last, delivered, at: wallClock)
  }

  /// The sealed epoch as it is sent.
  var publication: Publication? {
    sealed.map {
      Publication(
        buffer: $0, outputTopics: definition.outputs.map(\.topic),
        changelogTopics: definition.allChangelogTopics, quarantineTopic: definition.quarantineTopic,
        epochs: epochs)
    }
  }
}
