// A deployment's bytes, as a store and its changelog keep it.
public import Basics
internal import Events

extension Deployment: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(countedText: organization)
    bytes.append(countedText: id)
    bytes.append(countedText: agent)
    bytes.append(UInt8(phase.rawValue))
    bytes.append(littleEndian: Int64(stage))
    bytes.append(littleEndian: Int64(percent))
    bytes.append(candidateSince?.rawValue)
    bytes.append(stageSince?.rawValue)
    bytes.append(approval)
    bytes.append(littleEndian: sequence)
    bytes.append(awaited)
    bytes.append(awaitedSince?.rawValue)
    bytes.append(heldFor)
    storePlan(into: &bytes)
    storeReport(into: &bytes)
    bytes.append(list: validations) { bytes, item in
      bytes.append(UInt8(item.kind.rawValue))
      bytes.append(item.passed ? 1 : 0)
      bytes.append(item.revision)
    }
    bytes.append(list: conditions) { bytes, item in
      bytes.append(countedText: item.trigger)
      bytes.append(littleEndian: item.since.rawValue)
      bytes.append(littleEndian: item.lastBroken.rawValue)
    }
    bytes.append(list: rollback.map { [$0] } ?? []) { bytes, item in
      bytes.append(countedText: item.cause)
      bytes.append(countedText: item.reason)
      bytes.append(list: item.percents) { $0.append(littleEndian: Int64($1)) }
      bytes.append(littleEndian: item.interval.milliseconds)
      bytes.append(littleEndian: Int64(item.next))
      bytes.append(littleEndian: item.due.rawValue)
    }
    bytes.append(list: told) { $0.append(countedText: $1) }
    bytes.append(list: occurrences) { bytes, item in
      bytes.append(countedText: item.cause)
      bytes.append(littleEndian: item.count)
    }
    bytes.append(list: history) { bytes, item in
      bytes.append(littleEndian: item.at.rawValue)
      bytes.append(countedText: item.what)
      bytes.append(countedText: item.by)
      bytes.append(countedText: item.text)
    }
  }

  private func storePlan(into bytes: inout [UInt8]) {
    bytes.append(list: plan.map { [$0] } ?? []) { bytes, plan in
      bytes.append(UInt8(plan.kind.rawValue))
      for text in [plan.candidate, plan.baseline, plan.policy] { bytes.append(countedText: text) }
      bytes.append(littleEndian: plan.revision)
      bytes.append(plan.highImpact ? 1 : 0)
      bytes.append(plan.queryShare.map { Int64(bitPattern: $0.bitPattern) })
      for text in [plan.proposalID, plan.experimentID, plan.trainingRunID, plan.createdBy, plan.description] {
        bytes.append(text)
      }
    }
  }

  private func storeReport(into bytes: inout [UInt8]) {
    bytes.append(list: lastReport.map { [$0] } ?? []) { bytes, report in
      bytes.append(countedText: report.decisionID)
      bytes.append(UInt8(report.status.rawValue))
      bytes.append(report.baselineHealthy.map { $0 ? 1 : 0 })
      bytes.append(report.executor)
      bytes.append(report.error)
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let organization = reader.text(), let id = reader.text(), let agent = reader.text() else {
      return nil
    }
    self.init(organization: organization, id: id)
    self.agent = agent
    guard let phase = reader.integer(UInt8.self).flatMap({ DeploymentPhase(rawValue: Int($0)) }),
      let stage = reader.integer(Int64.self), let percent = reader.integer(Int64.self),
      let candidateSince = reader.optionalInteger(), let stageSince = reader.optionalInteger(),
      let approval = reader.optionalText(), let sequence = reader.integer(Int64.self),
      let awaited = reader.optionalText(), let awaitedSince = reader.optionalInteger(),
      let heldFor = reader.optionalText(),
      let plans = reader.plans(), let reports = reader.reports()
    else { return nil }
    (self.phase, self.stage, self.percent) = (phase, Int(stage), Int(percent))
    self.candidateSince = candidateSince.map(Timestamp.init(milliseconds:))
    self.stageSince = stageSince.map(Timestamp.init(milliseconds:))
    (self.approval, self.sequence, self.awaited, self.heldFor) = (approval, sequence, awaited, heldFor)
    self.awaitedSince = awaitedSince.map(Timestamp.init(milliseconds:))
    (plan, lastReport) = (plans.first, reports.first)
    guard readLists(&reader), reader.isAtEnd else { return nil }
  }

  private mutating func readLists(_ reader: inout ByteReader) -> Bool {
    guard let validations = reader.validations(), let conditions = reader.conditions(),
      let progress = reader.progress(), let told = reader.texts(), let count = reader.variableLength()
    else { return false }
    (self.validations, self.conditions, self.told) = (validations, conditions, told)
    rollback = progress.first
    for _ in 0..<count {
      guard let cause = reader.text(), let count = reader.integer(UInt64.self) else { return false }
      occurrences.append(Occurrence(cause: cause, count: count))
    }
    guard let entries = reader.variableLength() else { return false }
    for _ in 0..<entries {
      guard let at = reader.integer(Int64.self), let what = reader.text(), let by = reader.text(),
        let text = reader.text()
      else { return false }
      history.append(HistoryEntry(at: Timestamp(milliseconds: at), what: what, by: by, text: text))
    }
    return true
  }
}

// MARK: - Parts

extension [UInt8] {
  fileprivate mutating func append<Item>(list items: [Item], _ body: (inout [UInt8], Item) -> Void) {
    append(variableLength: UInt64(items.count))
    for item in items { body(&self, item) }
  }

  fileprivate mutating func append(_ text: String?) {
    append(text == nil ? 0 : 1)
    if let text { append(countedText: text) }
  }

  fileprivate mutating func append(_ integer: Int64?) {
    append(integer == nil ? 0 : 1)
    if let integer { append(littleEndian: integer) }
  }
}

/// A value that bytes say is there or not: outer nil when the bytes end too early.
extension ByteReader {
  @_lifetime(self: copy self)
  fileprivate mutating func optionalText() -> String?? {
    guard let isThere = integer(UInt8.self) else { return nil }
    if isThere == 0 { return .some(nil) }
    guard let text = text() else { return nil }
    return .some(text)
  }

  @_lifetime(self: copy self)
  fileprivate mutating func optionalInteger() -> Int64?? {
    guard let isThere = integer(UInt8.self) else { return nil }
    if isThere == 0 { return .some(nil) }
    guard let value = integer(Int64.self) else { return nil }
    return .some(value)
  }

  @_lifetime(self: copy self)
  fileprivate mutating func texts() -> [String]? {
    guard let count = variableLength() else { return nil }
    var texts: [String] = []
    for _ in 0..<count {
      guard let text = text() else { return nil }
      texts.append(text)
    }
    return texts
  }

  @_lifetime(self: copy self)
  fileprivate mutating func plans() -> [DeploymentPlan]? {
    guard let count = variableLength(), count <= 1 else { return nil }
    guard count == 1 else { return [] }
    guard let kind = integer(UInt8.self).flatMap({ CandidateKind(rawValue: Int($0)) }),
      let candidate = text(), let baseline = text(), let policy = text(),
      let revision = integer(Int64.self), let highImpact = integer(UInt8.self),
      let queryShare = optionalInteger(), let proposal = optionalText(), let experiment = optionalText(),
      let run = optionalText(), let creator = optionalText(), let description = optionalText()
    else { return nil }
    return [
      DeploymentPlan(
        kind: kind, candidate: candidate, baseline: baseline, policy: policy, revision: revision,
        highImpact: highImpact == 1,
        queryShare: queryShare.map { Double(bitPattern: UInt64(bitPattern: $0)) },
        proposalID: proposal, experimentID: experiment, trainingRunID: run, createdBy: creator,
        description: description)
    ]
  }

  @_lifetime(self: copy self)
  fileprivate mutating func reports() -> [ExecutorReport]? {
    guard let count = variableLength(), count <= 1 else { return nil }
    guard count == 1 else { return [] }
    guard let id = text(), let status = integer(UInt8.self).flatMap({ StepStatus(rawValue: Int($0)) }),
      let health = optionalInteger(), let executor = optionalText(), let error = optionalText()
    else { return nil }
    return [
      ExecutorReport(
        decisionID: id, status: status, baselineHealthy: health.map { $0 == 1 }, executor: executor,
        error: error)
    ]
  }

  @_lifetime(self: copy self)
  fileprivate mutating func validations() -> [Deployment.Validation]? {
    guard let count = variableLength() else { return nil }
    var found: [Deployment.Validation] = []
    for _ in 0..<count {
      guard let kind = integer(UInt8.self).flatMap({ ValidationKind(rawValue: Int($0)) }),
        let passed = integer(UInt8.self), let revision = optionalInteger()
      else { return nil }
      found.append(.init(kind: kind, passed: passed == 1, revision: revision))
    }
    return found
  }

  @_lifetime(self: copy self)
  fileprivate mutating func conditions() -> [Deployment.TriggerCondition]? {
    guard let count = variableLength() else { return nil }
    var found: [Deployment.TriggerCondition] = []
    for _ in 0..<count {
      guard let trigger = text(), let since = integer(Int64.self), let last = integer(Int64.self) else {
        return nil
      }
      found.append(
        .init(
          trigger: trigger, since: Timestamp(milliseconds: since), lastBroken: Timestamp(milliseconds: last)))
    }
    return found
  }

  @_lifetime(self: copy self)
  fileprivate mutating func progress() -> [Deployment.GradualProgress]? {
    guard let count = variableLength(), count <= 1 else { return nil }
    guard count == 1 else { return [] }
    guard let cause = text(), let reason = text(), let steps = variableLength() else { return nil }
    var percents: [Int] = []
    for _ in 0..<steps {
      guard let percent = integer(Int64.self) else { return nil }
      percents.append(Int(percent))
    }
    guard let interval = integer(Int64.self), let next = integer(Int64.self), let due = integer(Int64.self),
      next >= 0, next <= Int64(percents.count)
    else { return nil }
    return [
      .init(
        cause: cause, reason: reason, percents: percents, interval: .milliseconds(interval), next: Int(next),
        due: Timestamp(milliseconds: due))
    ]
  }
}
