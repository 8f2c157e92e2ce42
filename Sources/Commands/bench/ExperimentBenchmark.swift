// What it costs to fold an outcome into its experiment, and to write an experiment's record with its
// statistics.
import Basics
import Events
import Experiments

/// Outcomes of executions with four measures, over users that each have several; then records written.
func experimentBenchmark(_ settings: BenchmarkSettings) -> [Measurement] {
  let (count, users) = settings.isFull ? (500_000, 20_000) : (1000, 100)
  var bench = ExperimentBench(seed: settings.seed, users: users)
  let fold = Measurement.of("outcome of four measures folded", count: count) { bench.fold(count) }
  let records = settings.isFull ? 5000 : 10
  let write = Measurement.of("experiment analysed and written", count: records) { bench.write(records) }
  return [fold, write]
}

private struct ExperimentBench {
  private static let position = EventPosition(
    TopicPartition(topic: "ratchet.executions", partition: PartitionID(0)), Offset(0))
  private static let start: Int64 = 1_770_000_000_000
  private var tally = ExperimentTally(organization: "acme", id: "e", position: position)
  private var units: [ExperimentUnit?]
  private let names: [String]
  private var random: SeededRandom

  init(seed: UInt64, users: Int) {
    random = SeededRandom(seed: seed)
    units = Array(repeating: nil, count: users)
    names = (0..<users).map { "user:u\($0)" }
    var design = ExperimentDesign()
    design.guardrailMetrics = ["duration_ms", "cost_usd"]
    _ = tally.design(design, at: Self.position)
    let began = EventTime(milliseconds: Self.start)
    _ = tally.change(ExperimentLife.Change(.running, at: began), at: Self.position)
  }

  mutating func fold(_ count: Int) -> UInt64 {
    for _ in 0..<count {
      let user = random.int(in: 0..<units.count)
      let outcome = ExperimentOutcome(
        organization: "acme", experiment: "e", arm: user % 2 == 0 ? .control : .treatment, unit: names[user],
        time: EventTime(milliseconds: Self.start + 1),
        measures: [
          .init("task_completed", random.chance(2, in: 3) ? 1 : 0), .init("error", 0),
          .init("duration_ms", random.fraction() * 5000), .init("cost_usd", random.fraction()),
        ], position: Self.position)
      _ = tally.fold(outcome, of: &units[user])
    }
    var bytes: [UInt8] = []
    tally.store(into: &bytes)
    return unsafe XXH64.hash(bytes.span.bytes)
  }

  mutating func write(_ count: Int) -> UInt64 {
    var writer = ExperimentTallyWriter()
    var hash: UInt64 = 0
    for hour in 0..<count {
      let time = Timestamp(milliseconds: Self.start + Int64(hour) * 3_600_000)
      let record = writer.write(tally, at: time) ?? []
      hash = hash &* 31 &+ (unsafe XXH64.hash(record.span.bytes))
    }
    return hash
  }
}
