// A feature-flag file in flagd's format (flagd.dev, "Flag definitions"): what share of a traffic class sees
// the candidate, and which features are on. Written whole and put in place at once, so that a reader sees the
// old one or the new one.
import Basics
import POSIX

/// The file's content, from what has been applied.
func flagDefinitions(_ ledger: ExecutorLedger) -> [UInt8] {
  var flags: [(String, String)] = []
  for (key, decision) in ledger.standing {
    let candidate = weight(decision.percent)
    let fractional = """
      {"fractional":[{"cat":[{"var":"$flagd.flagKey"},{"var":"targetingKey"}]},\
      ["candidate",\(candidate)],["baseline",\(100 - candidate)]]}
      """
    var targeting = candidate == 0 ? "\"baseline\"" : candidate == 100 ? "\"candidate\"" : fractional
    if decision.trafficClass.count == 2 {
      let (header, value) = (quoted(decision.trafficClass[0]), quoted(decision.trafficClass[1]))
      targeting = "{\"if\":[{\"==\":[{\"var\":\(header)},\(value)]},\(targeting),\"baseline\"]}"
    }
    flags.append(
      (
        key,
        """
        {"state":"ENABLED","variants":{"candidate":\(quoted(decision.candidate)),\
        "baseline":\(quoted(decision.baseline))},"defaultVariant":"baseline",\
        "targeting":\(candidate == 0 && decision.trafficClass.isEmpty ? "{}" : targeting)}
        """
      ))
  }
  for (name, isOn) in ledger.flags {
    flags.append(
      (
        name,
        """
        {"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"\(isOn ? "on" : "off")"}
        """
      ))
  }
  let lines = flags.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }.map {
    "    \(quoted($0.0)): \($0.1)"
  }
  let text = """
    {
      "$schema": "https://flagd.dev/schema/v0/flags.json",
      "flags": {
    \(lines.joined(separator: ",\n"))
      }
    }

    """
  return Array(text.utf8)
}

/// Shares are whole percent: flagd takes whole weights, and the two sum to 100.
private func weight(_ percent: Double) -> Int { Int(max(0, min(100, percent.rounded()))) }

/// Puts a file in place of the one that is there; returns when it is on the device.
func replaceFile(_ path: String, with bytes: [UInt8]) throws(SystemCallError) {
  let temporary = path + ".new"
  let file = try File(temporary, create: .empty)
  try file.write([ByteSlice(bytes)], at: 0)
  try file.sync()
  try renameFile(temporary, to: path)
  let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  try syncFolder(folder.isEmpty ? "/" : folder)
}
