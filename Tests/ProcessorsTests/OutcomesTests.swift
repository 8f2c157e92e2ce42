// From executions and feedback through `collect` to experiments and chunks: the records between processors,
// in any interleaving, and on real runs of an agent.
import Basics
import Events
import Experiments
import Foundation
import Testing

@testable import Processors
@testable import Runtime

/// `collect`, `experiments` and `retrieval`, one task each, fed with one another's outputs.
private struct Chain {
  static let start: Int64 = 1_767_225_600_000  // 2026-01-01T00:00:00Z
  var collect = FoldedTask(.collect(prefix: "t"), of: 1, at: start)
  var experiments = FoldedTask(.experiments(prefix: "t"), of: 1, at: start)
  var retrieval = FoldedTask(.retrieval(prefix: "t"), of: 1, at: start)
  /// The last record of each key, by topic.
  private(set) var published: [String: [String: String]] = [:]
  private(set) var setAside: [String] = []

  mutating func take(_ records: [FoldedTask.Record], after seconds: Int64 = 1) {
    let outside = records.filter { $0.topic != "experiment-events" }
    let collected = collect.epoch(outside, after: seconds)
    setAside += collected.reasons
    let definition = ProcessorDefinition.collect(prefix: "t")
    let forExperiments =
      records.filter { $0.topic == "experiment-events" } + collected.passed(definition, "outcomes")
    keep(experiments.epoch(forExperiments, after: seconds), .experiments(prefix: "t"))
    keep(
      retrieval.epoch(collected.passed(definition, "chunk-judgements"), after: seconds),
      .retrieval(prefix: "t"))
  }

  private mutating func keep(_ buffer: EpochBuffer, _ definition: ProcessorDefinition) {
    setAside += buffer.reasons
    for output in buffer.outputs(of: definition) {
      published[output.topic, default: [:]][output.key] = output.value
    }
  }

  /// Without what the order of events may show in: positions and the time of the last analysis.
  var timeless: [String: [String: String]] {
    published.mapValues { rows in
      rows.mapValues {
        $0.replacing(/"position":\{[^}]*\}/, with: "").replacing(/"analyzed_at":"[^"]*"/, with: "")
      }
    }
  }
}

extension EpochBuffer {
  /// What was emitted to a topic, as records of its reader.
  fileprivate func passed(_ definition: ProcessorDefinition, _ topic: String) -> [FoldedTask.Record] {
    (0..<outputs.count).compactMap { index in
      let record = outputs[index]
      guard definition.outputs[record.output].topic == "t.\(topic)", let key = record.key,
        let value = record.value
      else { return nil }
      return FoldedTask.Record(
        topic: topic, key: unsafe key.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) },
        bytes: unsafe value.withUnsafeBytes { unsafe [UInt8]($0) })
    }
  }
}

@Suite struct OutcomesTests {
  private static func events() -> [FoldedTask.Record] {
    func at(_ minute: Int) -> String { "2026-01-01T00:\(minute < 10 ? "0" : "")\(minute):00Z" }
    func experiment(_ type: String, _ id: String, _ minute: Int, _ data: String) -> FoldedTask.Record {
      .event("experiment-events", type, id: id, time: at(minute), #"{"experiment_id":"e","# + data + "}")
    }
    func execution(_ id: String, _ minute: Int, _ data: String) -> FoldedTask.Record {
      .event(
        "executions", "execution.completed", id: "x-\(id)", time: at(minute),
        #"{"execution_id":"\#(id)","status":"ok","# + data + "}")
    }
    func feedback(_ id: String, _ minute: Int, _ data: String, type: String = "feedback.given")
      -> FoldedTask.Record
    {
      .event("feedback", type, id: id, time: at(minute), data)
    }
    func arm(_ arm: String) -> String { #""experiments":[{"experiment_id":"e","arm":"\#(arm)"}]"# }
    var events = [
      experiment("experiment.created", "1", 0, #""name":"n","primary_metric":"rating","minimum_samples":2"#),
      experiment("experiment.changed", "2", 1, #""status":"running""#),
    ]
    for user in 0..<6 {
      let side = user % 2 == 0 ? "control" : "treatment"
      for run in 0..<2 {
        let id = "u\(user)-\(run)"
        events.append(
          execution(
            id, 2 + run,
            #""user_id":"u\#(user)","task_completed":\#(user > 2),"duration_ms":0.1,"# + arm(side)))
        events.append(
          feedback(
            "f-\(id)", 5,
            #"{"feedback_type":"rating","rating":\#(1 + (user + run) % 5),"execution_id":"\#(id)"}"#))
      }
    }
    // Taken back; put in another's place; twice; of nobody; about another's experiment; before it began.
    events.append(
      feedback("r", 6, #"{"feedback_id":"f-u0-0","execution_id":"u0-0"}"#, type: "feedback.retracted"))
    events.append(
      feedback("g", 7, #"{"feedback_type":"rating","rating":2,"execution_id":"u1-0","replaces":"f-u1-0"}"#))
    events.append(events[3])
    events.append(execution("nobody", 3, arm("control")))
    events.append(execution("other", 3, #""experiments":[{"experiment_id":"f","arm":"control"}]"#))
    events.append(execution("early", 0, #""user_id":"u9","# + arm("control")))
    return events
  }

  @Test(
    "in any interleaving of the topics the same projections come out",
    arguments: 1...12 as ClosedRange<UInt64>)
  func interleavings(seed: UInt64) throws {
    var expected = Chain()
    for event in Self.events() { expected.take([event]) }
    var random = SeededRandom(seed: seed)
    var chain = Chain()
    var events = Self.events()
    // Experiment events keep their own order, as a partition does; all else comes in any.
    let places = events.indices.filter { events[$0].topic != "experiment-events" }
    for index in places { events.swapAt(index, places[random.int(in: 0..<places.count)]) }
    var (life, rest) = (Array(events[..<2]), Array(events[2...]))
    while !life.isEmpty || !rest.isEmpty {
      let takesLife = !life.isEmpty && (rest.isEmpty || random.chance(1, in: 8))
      chain.take([takesLife ? life.removeFirst() : rest.removeFirst()])
    }
    expected.take([], after: 10_000)
    chain.take([], after: 10_000)
    #expect(chain.timeless == expected.timeless)
    #expect(chain.setAside.sorted() == expected.setAside.sorted())
    let text = try #require(chain.published["experiment-tallies"]?["acme/e"])
    let tally = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect((tally["arms"] as? [[String: Any]])?.map { $0["units"] as? Int } == [4, 3])
  }

  @Test(
    "outcomes of a task that is hours ahead wait for their time: the start finds all of them, none set aside")
  func ahead() throws {
    let arm = #""experiments":[{"experiment_id":"e","arm":"control"}]"#
    let executions = (0..<400).map { number in
      FoldedTask.Record.event(
        "executions", "execution.completed", id: "x\(number)", time: "2026-01-01T00:50:00Z",
        #"{"execution_id":"x\#(number)","status":"ok","user_id":"u\#(number)",\#(arm)}"#)
    }
    var chain = Chain()
    var outcomes = chain.collect.epoch(executions, after: 3600).passed(.collect(prefix: "t"), "outcomes")
    #expect(outcomes.count == 400)
    for index in outcomes.indices { outcomes[index].age_s = -3599 }
    var buffers = [chain.experiments.epoch(outcomes, after: 1)]
    let life = [
      ("experiment.created", #""name":"n","primary_metric":"rating","minimum_samples":2"#),
      ("experiment.changed", #""status":"running""#),
    ].map { type, data in
      FoldedTask.Record.event(
        "experiment-events", type, id: type, time: "2026-01-01T00:01:00Z", #"{"experiment_id":"e",\#(data)}"#)
    }
    buffers += [chain.experiments.epoch(life, after: 60), chain.experiments.epoch(after: 10_000)]
    #expect(buffers.flatMap(\.reasons).isEmpty)
    let tallies = buffers.flatMap { $0.outputs(of: .experiments(prefix: "t")) }
    let text = try #require(tallies.last { $0.topic == "experiment-tallies" }?.value)
    #expect(text.contains(#""units":400"#))
  }

  /// Two experiments that begin on the hour; all else happens between 10 and 14 s later, and at 12.25
  /// and 13 s the one is decided and the other ends.
  private static func lively() -> (life: [FoldedTask.Record], rest: [FoldedTask.Record]) {
    func at(_ tenths: Int) -> String { "\(Timestamp(milliseconds: Chain.start + Int64(tenths) * 100))" }
    func experiment(_ id: String, _ type: String, _ tenths: Int, _ data: String) -> FoldedTask.Record {
      .event(
        "experiment-events", "experiment.\(type)", id: "\(id)-\(type)-\(tenths)", time: at(tenths),
        #"{"experiment_id":"\#(id)","# + data + "}")
    }
    let design = #""name":"n","primary_metric":"rating","minimum_samples":2,"minimum_duration_hours":"#
    let life = [
      experiment("decided", "created", 0, design + "\(12.25 / 3600)"),
      experiment("decided", "changed", 0, #""status":"running""#),
      experiment("ended", "created", 0, design + "1000"),
      experiment("ended", "changed", 0, #""status":"running""#),
      experiment("ended", "changed", 130, #""status":"completed","winner":"treatment""#),
    ]
    var rest: [FoldedTask.Record] = []
    for number in 0..<40 {
      let (id, tenths) = ("x\(number)", 100 + number)
      let arm = number % 2 == 0 ? "control" : "treatment"
      let experiments = ["decided", "ended"].map { #"{"experiment_id":"\#($0)","arm":"\#(arm)"}"# }
      rest.append(
        .event(
          "executions", "execution.completed", id: id, time: at(tenths),
          #"{"execution_id":"\#(id)","status":"ok","user_id":"u\#(number)","experiments":["#
            + experiments.joined(separator: ",") + "]}"))
      rest.append(
        .event(
          "feedback", "feedback.given", id: "f\(number)", time: at(tenths + number % 7),
          #"{"feedback_type":"rating","rating":\#(1 + number % 5),"execution_id":"\#(id)"}"#))
      guard number % 5 == 0 else { continue }
      rest.append(
        .event(
          "feedback", "feedback.retracted", id: "r\(number)", time: at(tenths + 5),
          #"{"feedback_id":"f\#(number)","execution_id":"\#(id)"}"#))
    }
    return (life, rest)
  }

  @Test(
    "an end and a verdict come to the same, whatever is read before them of what happened later",
    arguments: 0...12 as ClosedRange<UInt64>)
  func ends(seed: UInt64) throws {
    func run(_ order: (inout [FoldedTask.Record]) -> Void) -> Chain {
      var chain = Chain()
      var (life, rest) = Self.lively()
      order(&rest)
      chain.take(life.dropLast(), after: 1)
      chain.take([], after: 13)
      var random = SeededRandom(seed: seed)
      let place = seed == 0 ? 0 : random.int(in: 0..<rest.count + 1)
      rest.insert(life[4], at: place)
      // One epoch each, with all of them in time: the watermark stands at 9 s.
      for record in rest { chain.take([record], after: 0) }
      chain.take([], after: 4000)
      return chain
    }
    let expected = run { _ in }
    var random = SeededRandom(seed: seed &+ 100)
    let other = run { rest in
      for index in rest.indices { rest.swapAt(index, random.int(in: 0..<rest.count)) }
    }
    #expect(other.timeless == expected.timeless)
    let tallies = try #require(expected.published["experiment-tallies"])
    let decided = try #require(tallies["acme/decided"])
    let ended = try #require(tallies["acme/ended"])
    #expect(decided.contains(#""decided_at":"2026-01-01T00:00:12.250Z""#))
    #expect(ended.contains(#""decided_at":"2026-01-01T01:00:13.000Z""#))
    // Feedback n comes at 10 + 0.1 (n + n mod 7) s: before 12.25 s are those to 18 and 21, but 0, 5, 10, 15
    // have been taken back by then.
    #expect(decided.contains("8 and 8 units"))
    #expect(ended.contains(#""arms":[{"arm":"control","units":15},{"arm":"treatment","units":15}]"#))
  }

  @Test("judgements and citations of retrievals reach their chunks")
  func chunks() throws {
    var chain = Chain()
    chain.take([
      .event(
        "retrievals", "retrieval.performed", id: "1",
        #"{"retrieval_id":"r","execution_id":"x","query":"q","chunks":[{"chunk_id":"c","#
          + #""cited":true},{"chunk_id":"d"}]}"#
      ),
      .event(
        "retrievals", "retrieval.judged", id: "2", #"{"execution_id":"x","chunk_id":"c","relevant":true}"#),
      .event(
        "retrievals", "retrieval.judged", id: "2", #"{"execution_id":"x","chunk_id":"c","relevant":true}"#),
      .event(
        "retrievals", "retrieval.judged", id: "3", #"{"execution_id":"x","chunk_id":"d","relevant":false}"#),
    ])
    let rows = try #require(chain.published["chunk-relevance"])
    #expect(rows.keys.sorted() == ["acme/c", "acme/d"])
    #expect(rows["acme/c"]?.contains(#""relevance":0.6,"relevant":1,"irrelevant":0,"cited":1"#) == true)
    #expect(rows["acme/d"]?.contains(#""relevance":0.4,"relevant":0,"irrelevant":1,"cited":0"#) == true)
    #expect(chain.setAside == ["duplicate"])
  }
}

private enum RealRuns {
  static let python = ProcessInfo.processInfo.environment["RATCHET_JUDGES"]
  static let folder = ProcessInfo.processInfo.environment["RATCHET_REAL_DATA"].map { $0 + "/tau-bench" }
  static let areThere =
    python != nil
    && folder.map { FileManager.default.fileExists(atPath: "\($0)/gpt-4o-airline.json.gz") } == true

  static func lines() throws -> [Substring] {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Judge/taubench.py").path
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(python))
    process.arguments = ["-B", script, try #require(folder)]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
  }
}

@Suite(
  .enabled(
    if: RealRuns.areThere,
    "set RATCHET_REAL_DATA to the folder of real data and RATCHET_JUDGES to the Python of .ci/setup test"))
struct RealExperimentTests {
  /// Of JSONDecoder, which reads numbers exactly.
  private struct Expected: Decodable {
    struct Metric: Decodable {
      var units: [UInt64]
      var mean: [Double]
      var variance: [Double]
      var statistic: Double
      var p_value: Double
    }
    var expected: [String: [String: Metric]]
  }

  private struct Published: Decodable {
    struct Arm: Decodable {
      var units: UInt64
      var mean: Double
      var variance: Double
    }
    struct Metric: Decodable {
      var metric: String
      var control: Arm
      var treatment: Arm
      /// Absent where nothing varies.
      var statistic: Double?
      var p_value: Double?
    }
    var metrics: [Metric]
    var verdict: String
  }

  @Test(
    "200 real runs as an experiment's executions come to what scipy computes, to 1e-9",
    .timeLimit(.minutes(2)))
  func runs() throws {
    let lines = try RealRuns.lines()
    var chain = Chain()
    for batch in stride(from: 0, to: lines.count - 1, by: 100) {
      chain.take(
        lines[batch..<min(batch + 100, lines.count - 1)].map { line in
          let topic =
            line.contains("\"experiment.c")
            ? "experiment-events" : line.contains("feedback.given") ? "feedback" : "executions"
          return FoldedTask.Record(
            topic: topic, value: String(line), headers: [("content-type", "application/cloudevents+json")])
        })
    }
    chain.take([], after: 7200)
    #expect(chain.setAside.isEmpty)
    let expected = try JSONDecoder().decode(Expected.self, from: Data(try #require(lines.last).utf8)).expected
    #expect(expected["trials"]?["task_completed"]?.units == [100, 100])
    for (experiment, metrics) in expected {
      let text = try #require(chain.published["experiment-tallies"]?["acme/\(experiment)"])
      let found = try JSONDecoder().decode(Published.self, from: Data(text.utf8))
      #expect(["treatment", "control", "no_difference"].contains(found.verdict))
      for (name, metric) in metrics {
        let one = try #require(found.metrics.first { $0.metric == name })
        #expect([one.control.units, one.treatment.units] == metric.units)
        let pairs = [
          (one.control.mean, metric.mean[0]), (one.treatment.mean, metric.mean[1]),
          (one.control.variance, metric.variance[0]), (one.treatment.variance, metric.variance[1]),
          (try #require(one.statistic), metric.statistic), (try #require(one.p_value), metric.p_value),
        ]
        for (a, b) in pairs {
          #expect((a - b).magnitude <= 1e-9 * max(a.magnitude, b.magnitude), "\(experiment) \(name)")
        }
      }
    }
  }
}
