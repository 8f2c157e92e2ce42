// PromQL's functions: names, and what they take and give. What they do stands in Evaluation.

enum Function: String, CaseIterable, Sendable {
  // Over the samples of a window.
  case rate, irate, increase, delta, idelta, deriv, changes, resets
  case predictLinear = "predict_linear"
  case doubleExponentialSmoothing = "double_exponential_smoothing"
  case avgOverTime = "avg_over_time", minOverTime = "min_over_time", maxOverTime = "max_over_time"
  case sumOverTime = "sum_over_time", countOverTime = "count_over_time", lastOverTime = "last_over_time"
  case quantileOverTime = "quantile_over_time", stddevOverTime = "stddev_over_time"
  case stdvarOverTime = "stdvar_over_time", presentOverTime = "present_over_time"
  case absentOverTime = "absent_over_time", madOverTime = "mad_over_time"
  // Of each value.
  case abs, ceil, floor, exp, ln, log2, log10, sqrt, sgn, round, clamp
  case clampMin = "clamp_min", clampMax = "clamp_max"
  case acos, acosh, asin, asinh, atan, atanh, cos, cosh, sin, sinh, tan, tanh, deg, rad
  // Of time.
  case time, timestamp, pi, minute, hour, month, year
  case dayOfMonth = "day_of_month", dayOfWeek = "day_of_week", dayOfYear = "day_of_year"
  case daysInMonth = "days_in_month"
  // Of whole vectors.
  case absent, scalar, vector, sort
  case sortDescending = "sort_desc", sortByLabel = "sort_by_label"
  case sortByLabelDescending = "sort_by_label_desc"
  case histogramQuantile = "histogram_quantile"
  case labelReplace = "label_replace", labelJoin = "label_join"

  struct Signature {
    var takes: [ValueType]
    /// How many at the end may be left out.
    var optional = 0
    /// The last may come any number of times, also none.
    var isVariadic = false
    var gives = ValueType.vector
  }

  var signature: Signature {
    switch self {
    case .rate, .irate, .increase, .delta, .idelta, .deriv, .changes, .resets, .avgOverTime, .minOverTime,
      .maxOverTime, .sumOverTime, .countOverTime, .lastOverTime, .stddevOverTime, .stdvarOverTime,
      .presentOverTime, .absentOverTime, .madOverTime:
      Signature(takes: [.matrix])
    case .predictLinear: Signature(takes: [.matrix, .scalar])
    case .doubleExponentialSmoothing: Signature(takes: [.matrix, .scalar, .scalar])
    case .quantileOverTime: Signature(takes: [.scalar, .matrix])
    case .abs, .ceil, .floor, .exp, .ln, .log2, .log10, .sqrt, .sgn, .acos, .acosh, .asin, .asinh, .atan,
      .atanh, .cos, .cosh, .sin, .sinh, .tan, .tanh, .deg, .rad, .timestamp, .absent, .sort, .sortDescending:
      Signature(takes: [.vector])
    case .round: Signature(takes: [.vector, .scalar], optional: 1)
    case .clamp: Signature(takes: [.vector, .scalar, .scalar])
    case .clampMin, .clampMax: Signature(takes: [.vector, .scalar])
    case .time, .pi: Signature(takes: [], gives: .scalar)
    case .minute, .hour, .month, .year, .dayOfMonth, .dayOfWeek, .dayOfYear, .daysInMonth:
      Signature(takes: [.vector], optional: 1)
    case .scalar: Signature(takes: [.vector], gives: .scalar)
    case .vector: Signature(takes: [.scalar])
    case .sortByLabel, .sortByLabelDescending: Signature(takes: [.vector, .string], isVariadic: true)
    case .histogramQuantile: Signature(takes: [.scalar, .vector])
    case .labelReplace: Signature(takes: [.vector, .string, .string, .string, .string])
    case .labelJoin: Signature(takes: [.vector, .string, .string, .string], isVariadic: true)
    }
  }

  /// Prometheus 3 renamed one.
  init?(name: String) {
    self.init(rawValue: name == "holt_winters" ? "double_exponential_smoothing" : name)
  }
}

/// Functions of Prometheus that are left out, each with its reason.
let unsupportedFunctions: [String: String] = {
  let native = [
    "histogram_avg", "histogram_count", "histogram_fraction", "histogram_stddev", "histogram_stdvar",
    "histogram_sum",
  ]
  let experimental = ["info", "ts_of_max_over_time", "ts_of_min_over_time", "ts_of_last_over_time"]
  return Dictionary(
    uniqueKeysWithValues: native.map { ($0, "it reads native histograms, which are not kept here") }
      + experimental.map { ($0, "it is experimental in Prometheus") })
}()
