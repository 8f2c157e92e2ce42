// What the configuration in force means to `metrics`: its files parsed anew only when the configuration has
// changed, on a definite epoch.
internal import Alerts
internal import Basics
internal import Metrics
internal import Topology

/// The declarations and the rules in force.
struct MetricsSettings {
  /// Of the configuration that they were parsed from; 0: of none.
  private(set) var version: UInt64 = 0
  private(set) var declarations = MetricDeclarations()
  /// What `platform` is asked, and what each organization is.
  private(set) var platformRules = RuleSet(groups: [])
  private(set) var organizationRules = RuleSet(groups: [])

  static let metricsPath = "metrics.yaml"
  static let rulesFolder = "rules/"

  /// How far back any rule looks, by metric: as much history is kept (R8.16).
  var horizons: [String: Int64] {
    var horizons: [String: Int64] = [:]
    for rules in [platformRules, organizationRules] {
      for (metric, reach) in rules.reach {
        let reach_ms = reach.milliseconds + declarations.interval.milliseconds
        horizons[metric] = max(horizons[metric] ?? 0, reach_ms)
      }
    }
    return horizons
  }

  /// True when the configuration is another than last time. Files that cannot be read leave what they said
  /// before in force: `ratchet control apply` refuses such files, so that none comes here.
  mutating func update(from control: inout ControlState) -> Bool {
    let version = control.version
    guard version != self.version else { return false }
    self.version = version
    if let declarations = Self.declarations(in: &control) { self.declarations = declarations }
    var files: [String: [UInt8]] = [:]
    for path in control.paths(below: Self.rulesFolder) { files[path] = control.file(path) }
    do throws(Diagnostics) {
      let rules = try parseRuleFolder(files)
      (platformRules, organizationRules) = (rules.platform, rules.organization)
    } catch {}
    platformRules.settings.interval = declarations.interval
    organizationRules.settings.interval = declarations.interval
    return true
  }

  /// nil when there is no such file, or when it cannot be read.
  static func declarations(in control: inout ControlState) -> MetricDeclarations? {
    guard let file = control.file(metricsPath) else { return nil }
    do throws(Diagnostics) { return try parseMetrics(file, file: metricsPath) } catch { return nil }
  }
}
