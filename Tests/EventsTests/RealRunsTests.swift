// Real runs of a tool-using agent as executions: 200 of tau-bench's airline domain, whose tool calls and
// answers are JSON within JSON, with escapes, of any length. RATCHET_REAL_DATA names the folder that holds
// tau-bench/gpt-4o-airline.json.gz (sierra-research/tau-bench, MIT).
import Basics
import Foundation
import Testing

@testable import Events

private enum RealRuns {
  static let file = ProcessInfo.processInfo.environment["RATCHET_REAL_DATA"].map {
    $0 + "/tau-bench/gpt-4o-airline.json.gz"
  }
  static let isThere = file.map { FileManager.default.fileExists(atPath: $0) } ?? false

  static func read() throws -> [JSONTree] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/gzip")
    process.arguments = ["-dc", try #require(file)]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = [UInt8](output.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    return try JSONTree(bytes).elements
  }
}

/// One run as an execution's event, and what its steps were.
private struct RealRun {
  var steps: [(tool: String, arguments: String, result: String)] = []
  var task = 0
  var trial = 0
  var reward = 0.0

  init(_ run: JSONTree) throws {
    task = Int(try #require(run["task_id"]?.number))
    trial = Int(try #require(run["trial"]?.number))
    reward = try #require(run["reward"]?.number)
    for message in try #require(run["traj"]).elements {
      for call in message["tool_calls"]?.elements ?? [] {
        let function = try #require(call["function"])
        steps.append(
          (try #require(function["name"]?.text), try #require(function["arguments"]?.text), ""))
      }
      if message["role"]?.text == "tool", let result = message["content"]?.text, !steps.isEmpty {
        steps[steps.count - 1].result = result
      }
    }
  }

  func event() -> [UInt8] {
    var bytes = Array(
      """
      {"specversion":"1.0","id":"\(task)-\(trial)","source":"/tau-bench","type":"execution.completed",
      "time":"2026-01-31T09:00:00Z","organization":"acme","agent":"airline",
      "data":{"execution_id":"\(task)-\(trial)","status":"ok","gen_ai.request.model":"gpt-4o",
      "prompt_version":"trial-\(trial)",
      "task_completed":\(reward == 1),"steps":[
      """.utf8)
    for (index, step) in steps.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.append(contentsOf: #"{"gen_ai.tool.name":"#.utf8)
      bytes.appendJSON(step.tool)
      bytes.append(contentsOf: #","gen_ai.tool.call.arguments":"#.utf8)
      bytes.append(contentsOf: step.arguments.utf8)
      if !step.result.isEmpty {
        bytes.append(contentsOf: #","gen_ai.tool.call.result":"#.utf8)
        bytes.appendJSON(step.result)
      }
      bytes.append(UInt8(ascii: "}"))
    }
    return bytes + Array("]}}".utf8)
  }
}

@Suite(.enabled(if: RealRuns.isThere, "set RATCHET_REAL_DATA to the folder of real data"))
struct RealRunsTests {
  @Test("real runs are executions whose steps come back as they were")
  func runs() throws {
    let runs = try RealRuns.read().map(RealRun.init)
    #expect(runs.count == 200 && runs.count { $0.reward == 1 } == 84)
    var decoder = EventDecoder()
    var steps = 0
    for run in runs {
      let bytes = run.event()
      let event = try decoder.decode(try Envelope(structured: unsafe bytes.span.bytes), from: .executions)
      let fields = event.fields(ExecutionCompleted.self)
      #expect(fields.count(.steps) == run.steps.count)
      for (index, step) in run.steps.enumerated() {
        let record = fields.record(.steps, at: index, ExecutionStep.self)
        let (tool, result) = (record.text(.toolName)?.string, record.text(.toolCallResult)?.string)
        var arguments = ""
        if let object = record.object(.toolCallArguments) {
          arguments = unsafe object.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        }
        #expect(tool == step.tool && arguments == step.arguments && result ?? "" == step.result)
        steps += 1
      }
    }
    #expect(steps > 1000)
  }
}
