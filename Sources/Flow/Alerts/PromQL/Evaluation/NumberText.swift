// Numbers as Go prints them: labels of count_values, templates and test files show them so.

public enum NumberText {
  /// Shortest digits without an exponent (Go's `'f', -1`): what count_values makes a label of.
  public static func plain(_ value: Double) -> String {
    guard let parts = Parts(value) else { return special(value) }
    return parts.sign + parts.positional
  }

  /// Shortest digits, with an exponent from 1e6 and below 1e-4 (Go's `%v`).
  public static func short(_ value: Double) -> String {
    guard let parts = Parts(value) else { return special(value) }
    guard parts.point > 6 || parts.point < -3 else { return parts.sign + parts.positional }
    return parts.scientific("e")
  }

  /// Shortest digits with an exponent (Go's `'E', -1`): how test runs show values.
  public static func scientific(_ value: Double) -> String {
    guard let parts = Parts(value) else { return special(value) }
    return parts.scientific("E")
  }

  private static func special(_ value: Double) -> String {
    value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf"
  }

  /// The shortest digits that read back equal, and where the point stands among them.
  private struct Parts {
    var sign: String
    var digits: String
    /// 0.digits times ten to this power.
    var point: Int

    init?(_ value: Double) {
      guard value.isFinite else { return nil }
      sign = value.sign == .minus ? "-" : ""
      var mantissa = Substring(value.magnitude.description)
      var exponent = 0
      if let mark = mantissa.firstIndex(of: "e") {
        exponent = Int(mantissa[mantissa.index(after: mark)...]) ?? 0
        mantissa = mantissa[..<mark]
      }
      let pieces = mantissa.split(separator: ".", omittingEmptySubsequences: false)
      let fraction = pieces.count > 1 ? pieces[1] : ""
      let all = pieces[0] + fraction
      let leading = all.prefix { $0 == "0" }.count
      var kept = all.dropFirst(leading)
      while kept.last == "0" { kept.removeLast() }
      digits = kept.isEmpty ? "0" : String(kept)
      point = kept.isEmpty ? 1 : pieces[0].count + exponent - leading
    }

    var positional: String {
      if point <= 0 { return "0." + String(repeating: "0", count: -point) + digits }
      if point >= digits.count { return digits + String(repeating: "0", count: point - digits.count) }
      return digits.prefix(point) + "." + digits.dropFirst(point)
    }

    func scientific(_ mark: String) -> String {
      let exponent = point - 1
      let power = String(exponent.magnitude)
      let rest = digits.dropFirst()
      return sign + digits.prefix(1) + (rest.isEmpty ? "" : "." + rest) + mark + (exponent < 0 ? "-" : "+")
        + (power.count < 2 ? "0" : "") + power
    }
  }
}
