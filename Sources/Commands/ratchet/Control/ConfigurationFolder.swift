// A folder as a configuration: the files in it, by their paths.
import Basics
import Control
import Metrics
import POSIX
import Topology

/// A configuration has dozens of files; a folder with more is the wrong folder.
private let filesMax = 10_000

/// The files of a folder and of its folders, by their paths in it.
func configurationFiles(in folder: String) throws -> [String: [UInt8]] {
  var files: [String: [UInt8]] = [:]
  var folders = [""]
  while let path = folders.popLast() {
    let names: [String]
    do throws(SystemCallError) { names = try namesInFolder("\(folder)/\(path)") } catch {
      throw Diagnostic("cannot be read", at: .path(folder), why: error.reason)
    }
    for name in names where !name.hasPrefix(".") {
      let inner = path.isEmpty ? name : "\(path)/\(name)"
      if let fault = Configuration.fault(ofPath: inner) {
        throw Diagnostic("a name that no file of a configuration can have", at: .path(inner), why: fault)
      }
      if isFolder("\(folder)/\(inner)") {
        folders.append(inner)
      } else {
        files[inner] = try configurationFile("\(folder)/\(inner)")
      }
    }
    guard files.count <= filesMax else {
      throw Diagnostic("more than \(filesMax) files", at: .path(folder), next: "is this the right folder?")
    }
  }
  return files
}

func configurationFile(_ path: String) throws(Diagnostic) -> [UInt8] {
  let bytes = try readBytes(path, limit: ControlTopic.fileBytesMax)
  guard bytes.count <= ControlTopic.fileBytesMax else {
    throw Diagnostic(
      "a file of more than \(ControlTopic.fileBytesMax) bytes", at: .path(path),
      why: "a file is one record of the control topic", next: "split it")
  }
  return bytes
}

/// What keeps files from being what their places say: rules, metrics, policies, and rules that would keep
/// more than metrics.yaml allows.
func configurationFaults(_ files: [String: [UInt8]]) -> [Diagnostic] {
  var faults: [Diagnostic] = []
  var rules: RuleFolder?
  var metrics: MetricDeclarations?
  do throws(Diagnostics) { rules = try parseRuleFolder(files) } catch { faults += error.all }
  for (path, content) in files.sorted(by: { $0.key < $1.key }) {
    do throws(Diagnostics) {
      switch path {
      case "metrics.yaml": metrics = try parseMetrics(content, file: path)
      case "topics.yaml": _ = try parseTopics(content, file: path)
      case _ where path.hasPrefix("policies/"): _ = try parsePolicy(content, file: path)
      default: break
      }
    } catch { faults += error.all }
  }
  if let rules, let metrics, let fault = sampleBudgetFault(of: metrics, under: rules) { faults.append(fault) }
  return faults
}

/// Files that cannot be what their places say are not published: tasks would go on with what they had.
/// Neither are files that do not go with those `beside` them; what is wrong with these alone is not held
/// against them.
func refuseFaults(
  of files: [String: [UInt8]], beside others: [String: [UInt8]] = [:]
) throws(Diagnostics) {
  let known = Set(configurationFaults(others).map(\.description))
  let faults = configurationFaults(others.merging(files) { $1 }).filter { !known.contains($0.description) }
  guard faults.isEmpty else { throw Diagnostics(faults) }
}
