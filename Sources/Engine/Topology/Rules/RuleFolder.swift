// All rule files of a configuration into the two rule sets that run: `rules/platform/` once for the whole
// installation, `rules/organization/` for every organization; `rules/settings.yaml` holds for both.
public import Alerts
public import Basics
internal import Metrics
internal import YAML

public struct RuleFolder: Sendable {
  public var platform: RuleSet
  public var organization: RuleSet
}

/// The rule sets of files by path; files elsewhere than in `rules/` are left alone, and so are tests. The
/// paths name rules in alerts' identities: they begin at `rules/`.
public func parseRuleFolder(_ files: [String: [UInt8]]) throws(Diagnostics) -> RuleFolder {
  var diagnostics: [Diagnostic] = []
  var settings = RuleSet.Settings()
  var groups: [String: [RuleGroup]] = [:]
  for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
    let parts = path.split(separator: "/").map(String.init)
    guard let rules = parts.firstIndex(of: "rules"), path.hasSuffix(".yaml") || path.hasSuffix(".yml") else {
      continue
    }
    let inner = parts[(rules + 1)...]
    do throws(Diagnostics) {
      if inner.count == 1, inner.first?.hasPrefix("settings.") == true {
        settings = try parseRuleSettings(bytes, file: path)
      } else if inner.count > 1, let scope = inner.first, ["platform", "organization"].contains(scope) {
        groups[scope, default: []] += try parseRules(bytes, file: parts[rules...].joined(separator: "/"))
      }
    } catch {
      diagnostics += error.all
    }
  }
  guard diagnostics.isEmpty else { throw Diagnostics(diagnostics) }
  return RuleFolder(
    platform: RuleSet(groups: recordingFirst(groups["platform"] ?? []), settings: settings),
    organization: RuleSet(groups: recordingFirst(groups["organization"] ?? []), settings: settings))
}

/// Groups without an alert before the others, so that alerts read what is recorded at the same instant,
/// whatever the files are called.
private func recordingFirst(_ groups: [RuleGroup]) -> [RuleGroup] {
  let records = { (group: RuleGroup) in !group.rules.contains(where: \.isAlert) }
  return groups.filter(records) + groups.filter { !records($0) }
}

/// R9.34.
private let interval_max = Duration.seconds(15)

func parseRuleSettings(_ bytes: [UInt8], file: String) throws(Diagnostics) -> RuleSet.Settings {
  let root = try parseYAML(bytes, file: file)
  var reading = RuleReading(bytes, file: file)
  var settings = RuleSet.Settings()
  let known = ["evaluation_interval", "lookback", "external_url", "external_labels"]
  if !root.isNull, let fields = reading.reader.fields(root, of: "rules' settings", known: known) {
    if let node = fields["evaluation_interval"], let interval = reading.duration(node, isZeroAllowed: false) {
      settings.interval = interval
      if interval > interval_max {
        reading.reader.report(
          "an evaluation interval of \(durationText(interval))", at: node.position,
          why: "alerts must be told within \(durationText(interval_max))")
      }
    }
    if let node = fields["lookback"], let lookback = reading.duration(node, isZeroAllowed: false) {
      settings.lookback = lookback
    }
    if let node = fields["external_url"] { settings.externalURL = reading.reader.written(node) ?? "" }
    if let node = fields["external_labels"], !node.isNull {
      settings.externalLabels = Labels(
        (reading.reader.pairs(node) ?? []).compactMap { pair in
          reading.reader.written(pair.value).map { Label(pair.key, $0) }
        })
    }
  }
  try reading.reader.finish()
  return settings
}
