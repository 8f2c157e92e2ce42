// Real input through the whole product: agents' runs of tau-bench as an experiment and a measured series of
// NAB as telemetry, imported, folded by `ratchet up` under SIGKILL, read as any client reads it, and folded
// again by `ratchet replay`.
import Basics
import Foundation
import POSIX
import Testing

@testable import ratchet

private enum RealInput {
  static let python = ProcessInfo.processInfo.environment["RATCHET_JUDGES"]
  static let folder = ProcessInfo.processInfo.environment["RATCHET_REAL_DATA"]
  static let isThere =
    python != nil
    && folder.map { FileManager.default.fileExists(atPath: "\($0)/tau-bench/gpt-4o-airline.json.gz") } == true
    && folder.map { FileManager.default.fileExists(atPath: "\($0)/nab") } == true

  /// The runs' events, moved so that they began at `start`, and what their experiments come to by scipy.
  static func runs(from start: Timestamp, in folder: String) throws -> (events: [String], expected: Data) {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../ProcessorsTests/Judge/taubench.py").path
    let output = "\(folder)/runs.jsonl"
    var process = try ChildProcess(
      "/usr/bin/env", [try #require(python), "-B", script, "\(try #require(Self.folder))/tau-bench"],
      output: output)
    #expect(process.wait() == 0)
    var lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").map(String.init)
    let expected = Data(lines.removeLast().utf8)
    let moved = try lines.map { line in
      let found = try #require(line.firstMatch(of: /2026-01-01T(\d\d):(\d\d):00Z/))
      let minutes = try #require(Int64(found.1)) * 60 + (try #require(Int64(found.2)))
      return line.replacingCharacters(in: found.range, with: (start + .seconds(60 * minutes)).description)
    }
    return (moved, expected)
  }

  /// The last values of a series as memory measured each minute until `end`.
  static func series(_ count: Int, until end: Timestamp) throws -> (events: [String], last: Double) {
    let path = "\(try #require(folder))/nab/machine_temperature_system_failure.csv"
    let values = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst()
      .suffix(count).map { try #require($0.split(separator: ",").last.flatMap { Double($0) }) }
    let events = values.enumerated().map { index, value in
      let time = end - .seconds(60 * (count - 1 - index))
      return """
        {"specversion":"1.0","id":"nab-\(index)","source":"/nab","type":"measurement.taken","time":"\(time)",\
        "organization":"platform","data":{"name":"memory_usage","kind":"gauge","value":\(value),"job":"nab",\
        "instance":"machine"}}
        """
    }
    return (events, try #require(values.last))
  }
}

extension Processes {
  @Suite(
    .serialized,
    .enabled(
      if: RealInput.isThere && World.hasOwnBroker,
      "set RATCHET_REAL_DATA to the folder of real data and RATCHET_JUDGES to the Python of .ci/setup test"))
  struct RealInputTests {
    private func rows(of projection: String, _ world: World) throws -> [[String: Any]] {
      try world.run(["query", projection, "--json"]).text.split(separator: "\n").compactMap {
        try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
      }
    }

    @Test(
      "what real runs and a real series come to survives SIGKILL, equals scipy's numbers, and replays"
    )
    func realInput() throws {
      let world = try World(partitions: 2)
      let now = systemTime()
      let runs = try RealInput.runs(from: now - .seconds(3 * 3600), in: world.folder.path)
      let series = try RealInput.series(120, until: now)
      let file = "\(world.folder.path)/events.jsonl"
      try (runs.events + series.events).joined(separator: "\n").write(
        toFile: file, atomically: true, encoding: .utf8)
      #expect(try world.run(["topics", "apply", "--topology", world.topology]).status == 0)
      let imported = try world.run(["import", file])
      #expect(imported.status == 0, "\(imported.text)")

      let instance = Instance("real", world, ["--http", "off"])
      try instance.start()
      try waitUntil("epochs are committed", or: { instance.printed }) {
        instance.tasks.contains { ($0.epoch ?? 0) > 1 }
      }
      instance.kill()
      try instance.start()
      try compareExperiments(runs.expected, world, instance)
      try waitUntil("the series' last value", or: { instance.printed }) {
        try rows(of: "rolling-metrics", world).contains {
          $0["metric"] as? String == "learning_memory_usage" && $0["value"] as? Double == series.last
        }
      }
      #expect(instance.stop() == 0, "\(instance.printed)")
      let set = try world.run(["quarantine", "list"])
      #expect(set.text.contains("nothing is set aside"), "\(set.text)")
      try world.expectIdenticalReplay()
    }

    private func compareExperiments(_ expected: Data, _ world: World, _ instance: Instance) throws {
      let wanted = try #require(
        (try JSONSerialization.jsonObject(with: expected) as? [String: Any])?["expected"] as? [String: Any])
      #expect(wanted.keys.sorted() == ["trials", "users"])
      var differences = ["nothing was read"]
      try? waitUntil("the experiments' tallies", or: { instance.printed }) {
        differences = try wanted.flatMap { experiment, metrics -> [String] in
          let row = try rows(of: "experiment-tallies", world).first {
            $0["experiment_id"] as? String == experiment
          }
          return Self.differences(experiment, metrics as? [String: Any] ?? [:], row ?? [:])
        }
        return differences.isEmpty
      }
      #expect(differences == [], "\(instance.printed)")
    }

    private static func differences(
      _ experiment: String, _ wanted: [String: Any], _ row: [String: Any]
    ) -> [String] {
      let found = row["metrics"] as? [[String: Any]] ?? []
      return wanted.flatMap { name, value -> [String] in
        let (metric, values) = (
          found.first { $0["metric"] as? String == name }, value as? [String: Any] ?? [:]
        )
        return ["control", "treatment"].enumerated().compactMap { index, arm in
          let (one, units, mean) = (
            metric?[arm] as? [String: Any], (values["units"] as? [Int])?[index],
            (values["mean"] as? [Double])?[index]
          )
          let isSame =
            one?["units"] as? Int == units
            && ((one?["mean"] as? Double ?? .nan) - (mean ?? .nan)).magnitude <= 1e-9 * (mean ?? 0).magnitude
          return isSame
            ? nil : "\(experiment) \(name) \(arm): \(one ?? [:]), not \(units ?? -1) of \(mean ?? 0)"
        }
      }
    }
  }
}
