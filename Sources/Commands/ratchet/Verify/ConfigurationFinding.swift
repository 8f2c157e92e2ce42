// The configuration in force, as every instance reads it: the same on all partitions, and each file of it
// such that what it configures can be read.
import Basics
import Control
import Kafka

func configurationFinding(prefix: String, _ client: ClientConfiguration) throws(Diagnostic) -> VerifyFinding {
  let reading = try ControlReading("\(prefix).control", client)
  var finding = VerifyFinding(check: "configuration", text: "none is in force")
  guard !reading.isUnconfigured else {
    finding.faults = ["tasks wait for one: ratchet control apply topology puts a folder in force"]
    return finding
  }
  guard let configuration = reading.configuration else {
    finding.text = "not the same on all partitions of \(reading.name)"
    finding.faults = ["ratchet control apply topology puts one in force on all of them"]
    return finding
  }
  var files: [String: [UInt8]] = [:]
  for (path, hash) in configuration.files {
    if let content = reading.content(hash) {
      files[path] = content
    } else {
      finding.faults.append("\(path) is in force, and its content is on no partition")
    }
  }
  finding.text = "\(files.count) files are in force"
  finding.faults += configurationFaults(files).map { $0.description.replacing("\n", with: "\n      ") }
  if finding.faults.isEmpty { finding.text += ", and each can be read" }
  return finding
}
