// Events as their producers write them, and judges in Python.
import Basics
import Events
import Foundation
import Testing

@testable import Learning

/// The lines that a script of Judge/ prints.
func judge(_ python: String, _ script: String, _ arguments: [String]) throws -> [Substring] {
  let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Judge")
  let process = Process()
  process.executableURL = URL(fileURLWithPath: python)
  process.arguments = ["-B", folder.appendingPathComponent(script).path] + arguments
  let output = Pipe()
  process.standardOutput = output
  try process.run()
  let bytes = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  try #require(process.terminationStatus == 0, "\(script) failed")
  return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
}

/// An event in structured form. `second` is when it happened.
func event(
  _ type: EventType, _ data: String, id: String, second: Int = 0, organization: String = "acme",
  agent: String = "triage"
) -> [UInt8] {
  let time = EventTime(milliseconds: 1_769_850_000_000 + Int64(second) * 1000)
  return Array(
    """
    {"specversion":"1.0","id":"\(id)","source":"/test","type":"\(type.rawValue)","time":"\(time)",\
    "organization":"\(organization)","agent":"\(agent)","data":\(data)}
    """.utf8)
}

let shipped = AgentSettings()

func execution(_ data: String, second: Int = 0, id: String = "e") throws -> ExecutionRecord {
  let bytes = event(.executionCompleted, data, id: id, second: second)
  var decoder = EventDecoder()
  let envelope = try Envelope(structured: unsafe bytes.span.bytes)
  return ExecutionRecord(
    envelope, try decoder.decode(envelope, from: nil).fields(ExecutionCompleted.self))
}

func feedback(
  _ data: String, id: String, second: Int = 1, settings: AgentSettings = shipped
) throws -> FeedbackRecord {
  let bytes = event(.feedbackGiven, data, id: id, second: second)
  var decoder = EventDecoder()
  let envelope = try Envelope(structured: unsafe bytes.span.bytes)
  return FeedbackRecord(
    envelope, try decoder.decode(envelope, from: nil).fields(FeedbackGiven.self), settings)
}
