// The processor `rollouts` on the engine's own fold: what a scenario does becomes records, time comes in
// epochs, and what it decided is read from its topics. A world with a seed for crashes loses epochs before
// their commit and folds their records again, with other ends; a restart restores from the changelogs alone.
import Basics
import Control
import Events
import Foundation
import Metrics
import Rollouts

@testable import Processors
@testable import Runtime

struct ProcessorWorld: RolloutWorld {
  private struct Record {
    var input: Int
    var at: Timestamp
    var key: String
    var value: [UInt8]
    var headers: [(String, String)] = []
  }

  private static let definition = ProcessorDefinition.rollouts(prefix: "ratchet")

  private var task: TaskFold
  private var crashes: SeededRandom?
  private var number = Epoch(0)
  private var next: [Int64] = [0, 0, 0]
  private var pending: [Record] = []
  /// Compacted: each key's last value, in the order of first touch.
  private var changelog: [(output: Int, key: [UInt8], value: [UInt8]?)] = []
  private var changelogPlaces: [[UInt8]: Int] = [:]
  /// What was folded and committed, to be folded again.
  private(set) var committed: [ClosedEpoch] = []
  private(set) var hashes: [UInt64] = []
  private var endings: [String: (phase: String, percent: Int)] = [:]
  private(set) var crashCount = 0
  private(set) var decisionTexts: [String] = []
  private(set) var setAside: Int64 = 0
  /// Panes, and when they were told.
  private(set) var panes: [(pane: DeploymentPane, at: Timestamp)] = []
  private let isAhead: Bool

  /// `ahead`: panes that have been written before anything else happens; the scenario's own are left out, but
  /// for those of the moment in which it begins.
  init(
    policies: [(path: String, content: String)], crashSeed: UInt64? = nil,
    ahead: [(pane: DeploymentPane, at: Timestamp)] = []
  ) {
    isAhead = !ahead.isEmpty
    task = Self.fresh()
    crashes = crashSeed.map(SeededRandom.init(seed:))
    var configuration = Configuration()
    for (path, content) in policies {
      let hash = configuration.set(path, Array(content.utf8))
      pending.append(
        Record(
          input: 0, at: ScenarioRun<ProcessorWorld>.start, key: Configuration.fileKey(hash),
          value: Array(content.utf8)))
    }
    pending.append(
      Record(
        input: 0, at: ScenarioRun<ProcessorWorld>.start, key: Configuration.recordKey,
        value: configuration.encoded()))
    for (pane, time) in ahead where time > ScenarioRun<ProcessorWorld>.start { write(pane, at: time) }
  }

  private static func fresh(after last: EpochRecord? = nil) -> TaskFold {
    var task = TaskFold(PartitionID(0), of: definition, after: last)
    for output in definition.outputs { task.partitionCounts[output.topic] = 1 }
    return task
  }

  // MARK: Records

  mutating func submit(_ deployment: String, _ input: RolloutInput, at time: Timestamp) {
    func quoted(_ text: String) -> String { "\"\(text)\"" }
    var fields: [(String, String)] = [("deployment_id", quoted(deployment))]
    var (type, agent) = ("", "triage")
    switch input {
    case .created(let name, let plan):
      (type, agent) = ("deployment.created", name)
      fields += [
        ("candidate_kind", quoted(plan.kind.name)), ("candidate", quoted(plan.candidate)),
        ("baseline", quoted(plan.baseline)), ("policy", quoted(plan.policy)),
        ("revision", "\(plan.revision)"),
        ("high_impact", "\(plan.highImpact)"),
      ]
      if let share = plan.queryShare { fields.append(("query_share", "\(share)")) }
      if let run = plan.trainingRunID { fields.append(("training_run_id", quoted(run))) }
    case .validated(let kind, let passed, let revision):
      type = "deployment.validated"
      fields += [("validation", quoted(kind.name)), ("passed", "\(passed)")]
      if let revision { fields.append(("revision", "\(revision)")) }
    case .commanded(let command, let person, let reason, let revision):
      type = "deployment.commanded"
      fields += [
        ("command", quoted(command.name)), ("commanded_by", quoted(person)), ("reason", quoted(reason)),
      ]
      if let revision { fields.append(("revision", "\(revision)")) }
    case .drilled(let person, let reason):
      type = "deployment.drilled"
      fields += [("commanded_by", quoted(person)), ("reason", quoted(reason))]
    case .reported(let report):
      type = "deployment.reported"
      fields += [("decision_id", quoted(report.decisionID)), ("status", quoted(report.status.name))]
      if let executor = report.executor { fields.append(("executor_id", quoted(executor))) }
      if let error = report.error { fields.append(("error.type", quoted(error))) }
      if let isHealthy = report.baselineHealthy { fields.append(("baseline_healthy", "\(isHealthy)")) }
    case .evaluated, .stepDue, .learningSwitchedOff: preconditionFailure("no event")
    }
    let data = "{" + fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    event(1, type, organization: "acme", agent: agent, data, time)
  }

  mutating func switchLearning(on: Bool, _ reason: String, at time: Timestamp) {
    let data = "{\"enabled\":\(on),\"switched_by\":\"anna\",\"reason\":\"\(reason)\"}"
    event(0, "learning.switched", organization: "platform", agent: nil, data, time)
  }

  private mutating func event(
    _ input: Int, _ type: String, organization: String, agent: String?, _ data: String, _ time: Timestamp
  ) {
    var headers = [
      ("ce_specversion", "1.0"), ("ce_id", "\(next)-\(pending.count)"), ("ce_source", "/scenario"),
      ("ce_type", type), ("ce_time", time.description), ("ce_organization", organization),
    ]
    if let agent { headers.append(("ce_agent", agent)) }
    pending.append(Record(input: input, at: time, key: "k", value: Array(data.utf8), headers: headers))
  }

  mutating func add(_ pane: DeploymentPane, at time: Timestamp) {
    panes.append((pane, time))
    if !isAhead || time == ScenarioRun<ProcessorWorld>.start { write(pane, at: time) }
  }

  private mutating func write(_ pane: DeploymentPane, at time: Timestamp) {
    var bytes: [UInt8] = []
    pane.store(into: &bytes)
    pending.append(Record(input: 2, at: time, key: pane.key, value: bytes))
  }

  // MARK: Time

  mutating func advance(to time: Timestamp) -> [SeenDecision] {
    guard var random = crashes else { return commit(fold(pending, end: time)) }
    defer { crashes = random }
    switch random.int(in: 0..<12) {
    case 0:
      // Dies behind the fold: what it made is lost, and what it read is read again, at once or in two parts.
      _ = fold(pending, end: time)
      restart()
      let half = pending.count / 2
      guard random.chance(1, in: 2), half > 0 else { return commit(fold(pending, end: time)) }
      let (first, rest) = (Array(pending[..<half]), Array(pending[half...]))
      let seen = commit(fold(first, end: first.last?.at ?? time))
      pending = rest
      return seen + commit(fold(pending, end: time))
    case 1:
      let seen = commit(fold(pending, end: time))
      restart()
      return seen
    default: return commit(fold(pending, end: time))
    }
  }

  private mutating func restart() {
    crashCount += 1
    // Recorded time goes on from the last epoch's end.
    let last = committed.last.map {
      EpochRecord(
        epoch: $0.epoch, recordedTime: $0.end, watermark: $0.watermark, codeHash: 1, inputs: [])
    }
    task = Self.fresh(after: last)
    for change in changelog {
      unsafe task.stores[change.output].restore(
        key: change.key.span.bytes, value: change.value?.span.bytes)
    }
  }

  private mutating func fold(_ records: [Record], end: Timestamp) -> (ClosedEpoch, EpochBuffer) {
    var batches = Self.definition.inputs.map { _ in RecordBatch() }
    var ends = next
    for record in records {
      let key = Array(record.key.utf8)
      batches[record.input].append(
        Offset(ends[record.input]), at: record.at, key: unsafe key.span.bytes,
        value: unsafe record.value.span.bytes)
      for (name, value) in record.headers {
        let (name, value) = (Array(name.utf8), Array(value.utf8))
        batches[record.input].appendHeader(unsafe name.span.bytes, unsafe value.span.bytes)
      }
      ends[record.input] += 1
    }
    let inputs = Self.definition.inputs.indices.map {
      EpochRecord.Input(
        TopicPartition(topic: Self.definition.inputs[$0].topic, partition: PartitionID(0)),
        first: Offset(next[$0]), next: Offset(ends[$0]))
    }
    let closed = ClosedEpoch(
      number, inputs, batches, batches.map { 0..<$0.count }, end: end,
      watermark: EventTime(milliseconds: end.rawValue - 5000))
    return (closed, task.fold(closed))
  }

  private mutating func commit(_ folded: (ClosedEpoch, EpochBuffer)) -> [SeenDecision] {
    let (closed, buffer) = folded
    number = number.next
    next = closed.inputs.map(\.next.rawValue)
    pending = []
    committed.append(closed)
    hashes.append(buffer.record.outputHash ^ buffer.record.stateHash &* 31)
    setAside += buffer.record.ledger.setAside.values.reduce(0, +)
    for index in 0..<buffer.changelog.count {
      let record = buffer.changelog[index]
      let key = record.key?.copied ?? []
      let change = (output: record.output, key: key, value: record.value?.copied)
      if let place = changelogPlaces[[UInt8(record.output)] + key] {
        changelog[place] = change
      } else {
        changelogPlaces[[UInt8(record.output)] + key] = changelog.count
        changelog.append(change)
      }
    }
    var seen: [SeenDecision] = []
    for index in 0..<buffer.outputs.count {
      let record = buffer.outputs[index]
      guard let bytes = record.value?.copied,
        let json = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
      else { continue }
      if record.output == 0 {
        let (phase, percent) = (json["phase"] as? String ?? "", json["percent"] as? Double ?? -1)
        endings[json["deployment_id"] as? String ?? ""] = (phase, Int(percent))
      } else {
        decisionTexts.append(String(decoding: bytes, as: UTF8.self))
        seen.append(SeenDecision(json, at: record.timestamp))
      }
    }
    return seen
  }

  func ending(of deployment: String) -> (phase: String, percent: Int)? { endings[deployment] }

  /// Folds the committed epochs once more from nothing: the first epoch whose hash is another, if there is
  /// one.
  func replayDifference() -> Int? {
    var task = Self.fresh()
    for (index, closed) in committed.enumerated() {
      let record = task.fold(closed).record
      if record.outputHash ^ record.stateHash &* 31 != hashes[index] { return index }
    }
    return nil
  }
}

extension SeenDecision {
  init(_ json: [String: Any], at time: Timestamp) {
    self.init(
      id: json["id"] as? String ?? "", deployment: json["deployment_id"] as? String ?? "",
      revision: Int64(json["revision"] as? Int ?? -1), sequence: Int64(json["sequence"] as? Int ?? -1),
      action: json["action"] as? String ?? "", cause: json["cause"] as? String ?? "",
      percent: Int(json["target_percent"] as? Double ?? -1), isDrill: json["drill"] as? Bool ?? false,
      at: time)
  }
}
