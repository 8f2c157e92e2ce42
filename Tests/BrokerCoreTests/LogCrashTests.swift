// Thousands of lives of a store on a disk that keeps no more than it promised: random work, a stop at any
// operation of any job, a crash that loses or tears what was not synced, a new start, and again. After each
// start the store must hold exactly the first n frames, n at least what it had called durable.
import Basics
import BrokerProtocol
import Foundation
import Simulation
import Testing

@testable import BrokerCore

@Suite struct LogCrashTests {
  /// Each seed is twenty lives of six crashes each; an optimized build has time for forty times as many.
  #if DEBUG
    static let seedCount: UInt64 = 10
  #else
    static let seedCount: UInt64 = 400
  #endif
  static let seeds =
    1...(ProcessInfo.processInfo.environment["RATCHET_LIVES"].flatMap(UInt64.init) ?? seedCount)

  @Test("what was durable survives every crash, frames whole and in order", arguments: seeds)
  func crashes(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for life in 0..<20 {
      var run = CrashRun(random.split(), durability: .fsync)
      do { try run.live() } catch { Issue.record("seed \(seed), life \(life): \(error)") }
    }
  }

  @Test("a killed process loses nothing it had handed to the system", arguments: seeds)
  func kills(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for life in 0..<20 {
      var run = CrashRun(random.split(), durability: .os)
      do { try run.live() } catch { Issue.record("seed \(seed), life \(life): \(error)") }
    }
  }
}

struct Mismatch: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// One life of a data folder: starts, work, crashes.
struct CrashRun {
  private var random: SeededRandom
  private let disk = SimulatedDisk()
  private var settings = LogStoreSettings()
  private var store: LogStore
  private var model = LogModel()
  private var nextTag: UInt64 = 1
  private var nextLog: UInt64 = 1

  init(_ random: SeededRandom, durability: LogStoreSettings.Durability) {
    self.random = random
    settings.durability = durability
    settings.journalFileBytes = 1500
    settings.segmentBytes = 500
    settings.indexInterval = 100
    settings.salt = 77
    guard let store = try? LogStore.open(on: disk, settings) else {
      preconditionFailure("no start on an empty disk")
    }
    self.store = store
  }

  mutating func live() throws {
    for _ in 0..<6 {
      do {
        for _ in 0..<random.int(in: 1..<25) { try work() }
      } catch is StoreError {
        // A job failed: the process ends here.
      }
      try restart()
    }
  }

  private mutating func work() throws {
    switch random.int(in: 0..<13) {
    case 0..<6: appendFrame()
    case 6..<9: try flush()
    case 9: takeCheckpoint()
    case 10: try runCheckpoint()
    case 11: try compareReadable()
    case 12: try compact()
    default: break
    }
  }

  private mutating func appendFrame() {
    var entries: [JournalEntry] = []
    var trial = model
    for _ in 0..<random.int(in: 1..<4) {
      let entry = randomEntry(trial)
      trial.append([entry])
      entries.append(entry)
    }
    model.append(entries)
    _ = store.append(entries)
  }

  private mutating func randomEntry(_ model: LogModel) -> JournalEntry {
    let ids = model.logs.keys.sorted()
    nextTag += 1
    guard let id = ids.isEmpty ? nil : ids[random.int(in: 0..<ids.count)], let log = model.logs[id] else {
      nextLog += 1
      return .create(LogID(nextLog))
    }
    switch random.int(in: 0..<20) {
    case 0:
      nextLog += 1
      return .create(LogID(nextLog))
    case 1 where random.chance(1, in: 3): return .remove(id)
    case 2: return .roll(id)
    case 3:
      let offset = log.start + Int64(random.int(in: 0..<Int(log.end - log.start) + 1))
      return .trim(id, below: offset)
    case 4, 5: return .state(ByteSlice(withTag: nextTag))
    default:
      if id.rawValue % 2 == 0 { return .append(id, .keyed(nextTag, at: log.end)) }
      return .append(
        id, .tagged(nextTag, at: log.end, count: random.int(in: 1..<4), bytes: random.int(in: 8..<120)))
    }
  }

  /// Lets the machine stop, or a sync fail, somewhere in the job to come; mostly not.
  private mutating func injectFault() {
    switch random.int(in: 0..<16) {
    case 0, 1: disk.inject(.stop(afterOperations: random.int(in: 0..<8)))
    case 2: disk.inject(.failedSync(afterSyncs: random.int(in: 0..<3)))
    case 3: disk.inject(.full(atBytes: disk.usedBytes + random.int(in: 0..<500)))
    default: disk.inject(nil)
    }
  }

  private mutating func flush() throws {
    injectFault()
    guard let job = store.takeFlush() else { return disk.inject(nil) }
    try job.run()
    disk.inject(nil)
    if random.chance(1, in: 4) { appendFrame() }
    store.completed(job)
  }

  private mutating func takeCheckpoint() {
    guard case .none = store.checkpoints else { return }
    store.checkpoint(model.states.map { ByteSlice($0) })
  }

  private mutating func runCheckpoint() throws {
    guard let job = store.takeCheckpoint() else { return }
    injectFault()
    try job.run()
    disk.inject(nil)
    store.completed(job)
  }

  /// Logs of even numbers hold keyed records and are compacted; meanwhile frames may come and go.
  private mutating func compact() throws {
    guard let id = model.logs.keys.sorted().first(where: { $0.rawValue % 2 == 0 }) else { return }
    let rules = CompactionRules(below: store.readableEnd(of: id), now: .zero, deleteRetention: .seconds(1))
    guard let job = store.compaction(of: id, by: rules) else { return }
    injectFault()
    let replacement = try job.run().replacement
    disk.inject(nil)
    if random.chance(1, in: 3) { appendFrame() }
    guard model.logs[id] != nil else { return }
    model.append([.replace(id, replacement)])
    _ = store.append([.replace(id, replacement)])
  }

  /// Crashes, and starts again until a start gets through.
  private mutating func restart() throws {
    let promised = store.durable
    crash()
    while true {
      let fault = startFault()
      disk.inject(fault)
      var states: [[UInt8]] = []
      do {
        store = try LogStore.open(on: disk, settings: settings) { entry throws(StoreError) in
          if case .state(let bytes) = entry { states.append(bytes.bytes) }
        }.store
        disk.inject(nil)
        return try compare(states: states, promised: promised)
      } catch let error as StoreError {
        guard fault != nil else { throw Mismatch("the start was refused: \(error)") }
        crash()
      }
    }
  }

  private mutating func startFault() -> SimulatedDisk.Fault? {
    switch random.int(in: 0..<8) {
    case 0, 1: .stop(afterOperations: random.int(in: 0..<12))
    case 2: .failedSync(afterSyncs: random.int(in: 0..<4))
    default: nil
    }
  }

  /// Power is lost, or only the process: then the next start reads what no sync has made last.
  private mutating func crash() {
    if settings.durability == .os || random.chance(1, in: 3) { disk.kill() } else { disk.crash(&random) }
  }

  private mutating func compare(states: [[UInt8]], promised: JournalPosition) throws {
    guard store.durable >= promised else {
      throw Mismatch("frame \(promised) was durable, \(store.durable) is left")
    }
    guard store.durable <= model.last, store.last == store.durable else {
      throw Mismatch("frame \(store.durable) was never written")
    }
    model = model.upTo(store.durable)
    guard states == model.states else { throw Mismatch("states \(states) instead of \(model.states)") }
    guard Set(store.logs.keys) == Set(model.logs.keys) else {
      throw Mismatch("other logs than the model has")
    }
    for (id, log) in model.logs {
      guard store.readableEnd(of: id) == log.end else {
        throw Mismatch("log \(id) does not end at \(log.end)")
      }
    }
    try compareReadable()
  }

  /// Every log holds, as far as readers may see, exactly the model's batches.
  private func compareReadable() throws {
    for (id, log) in model.logs where store.logs[id] != nil {
      guard store.startOffset(of: id) == log.start, store.endOffset(of: id) == log.end else {
        throw Mismatch(
          "it is \(store.startOffset(of: id))..<\(store.endOffset(of: id)), not \(log.start)..<\(log.end)"
        )
      }
      let readable = store.readableEnd(of: id)
      let expected = log.batches.filter {
        $0.header.nextOffset > log.start && $0.header.baseOffset < readable
      }
      let found = try store.batches(of: id, from: log.start)
      guard found == expected else {
        let (found, expected) = (found.map(\.header.baseOffset), expected.map(\.header.baseOffset))
        throw Mismatch("log \(id) from \(log.start) holds batches at \(found) instead of \(expected)")
      }
    }
  }
}

extension ByteSlice {
  init(withTag tag: UInt64) { self.init(unsafe Swift.withUnsafeBytes(of: tag) { unsafe Array($0) }) }
}
