// Expressions and series from a seed, of every kind that both Prometheus 2.42 and 3 understand. Samples
// lie on whole minutes, and windows end on half ones: there the two versions differ and are known to.
import Basics

struct ExpressionMill {
  var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  private mutating func one(_ choices: [String]) -> String { choices[random.int(in: 0..<choices.count)] }
  private mutating func yes(_ numerator: Int, in denominator: Int) -> Bool {
    random.chance(numerator, in: denominator)
  }

  // MARK: Series

  /// Labels and values of two counters, two gauges and a histogram, some with gaps, ends and resets.
  mutating func series() -> [(labels: String, values: String)] {
    var all: [(String, String)] = []
    for job in ["api", "db", "web"] {
      for instance in ["1", "2"] where job != "web" || instance == "1" {
        let labels = "job=\"\(job)\", instance=\"\(instance)\""
        all.append(("requests_total{\(labels), code=\"200\"}", counter(step: 40)))
        all.append(("requests_total{\(labels), code=\"500\"}", counter(step: 5)))
        all.append(("temperature{\(labels)}", gauge()))
        all.append(
          ("up{\(labels)}", one(["1x60", "1x20 0x10 1x30", "1x30", "1x24 stale _x10 1x20", "0x60"])))
      }
      all.append(
        ("limit{job=\"\(job)\", tier=\"\(one(["gold", "silver"]))\"}", "\(random.int(in: 1..<900))x60"))
      var count = 0
      for bound in ["0.1", "0.5", "1", "5", "+Inf"] {
        count += random.int(in: 0..<6)
        all.append(("latency_bucket{job=\"\(job)\", le=\"\(bound)\"}", "\(count)+\(count)x60"))
      }
    }
    return all
  }

  /// With gaps or with resets, and far above 0: how far back towards 0 a counter is extended after a gap has
  /// changed between 2.42 and 3.
  private mutating func counter(step: Int) -> String {
    var (value, values): (Int, [String]) = (random.int(in: 5000..<9000), [])
    let hasGaps = yes(1, in: 2)
    for _ in 0...60 {
      if !hasGaps, yes(1, in: 20) { value = 0 }
      values.append(hasGaps && yes(1, in: 15) ? "_" : String(value))
      value += random.int(in: 0..<step)
    }
    return values.joined(separator: " ")
  }

  private mutating func gauge() -> String {
    let length = yes(1, in: 4) ? random.int(in: 10..<50) : 60
    return (0...length).map { _ in
      yes(1, in: 15)
        ? "_"
        : yes(1, in: 60)
          ? one(["NaN", "Inf", "-Inf", "stale"]) : String(Double(random.int(in: -400..<800)) / 8)
    }.joined(separator: " ")
  }

  // MARK: Expressions

  mutating func expression() -> String { vector(depth: random.int(in: 1..<4)) }

  private mutating func vector(depth: Int) -> String {
    guard depth > 0 else { return selector() }
    switch random.int(in: 0..<12) {
    case 0: return selector() + offset()
    case 1, 2: return window(depth: depth)
    case 3, 4: return aggregation(depth: depth)
    case 5: return ofValues(depth: depth)
    case 6: return scalarOperation(depth: depth)
    case 7, 8: return vectorOperation(depth: depth)
    case 9: return set(depth: depth)
    case 10: return labels(depth: depth)
    default: return special(depth: depth)
    }
  }

  private mutating func selector() -> String {
    let name = one(["requests_total", "temperature", "up", "limit"])
    switch random.int(in: 0..<8) {
    case 0: return name + "{job=\"\(one(["api", "db", "none"]))\"}"
    case 1: return name + "{job!=\"api\"}"
    case 2: return name + "{job=~\"\(one(["api|db", "a.*", "(?i)DB", "[^a]+", "w?eb", ".+"]))\"}"
    case 3: return name + "{job!~\"\(one(["api", "d.", "x*"]))\",instance=\"1\"}"
    case 4: return name + "{code=\"\"}"
    default: return name
    }
  }

  private mutating func offset() -> String {
    switch random.int(in: 0..<6) {
    case 0: " offset \(random.int(in: 1..<20))m"
    case 1: " offset -\(random.int(in: 1..<5))m"
    case 2: " @ \(random.int(in: 5..<50) * 60 + 30)"
    default: ""
    }
  }

  private mutating func window(depth: Int) -> String {
    let function = one([
      "rate", "increase", "delta", "irate", "idelta", "deriv", "changes", "resets", "avg_over_time",
      "min_over_time",
      "max_over_time", "sum_over_time", "count_over_time", "last_over_time", "stddev_over_time",
      "stdvar_over_time",
      "present_over_time", "absent_over_time",
    ])
    let name = function == "rate" || function == "increase" ? "requests_total" : selector()
    let range = "\(name)[\(one(["2m", "3m", "5m", "10m", "30m", "1h"]))]\(offset())"
    switch random.int(in: 0..<8) {
    case 0: return "quantile_over_time(\(one(["0.5", "0.9", "0", "1", "-1", "2"])), \(range))"
    case 1: return "predict_linear(\(range), \(random.int(in: -100..<5000)))"
    case 2: return "holt_winters(\(range), 0.\(random.int(in: 1..<10)), 0.\(random.int(in: 1..<10)))"
    case 3 where depth > 1:
      // Within a subquery instants are whole minutes, so that the window gets half a minute.
      return "\(function)(rate(requests_total[\(one(["150s", "210s"]))])[\(random.int(in: 3..<20))m:1m])"
    case 4 where depth > 1:
      return "\(function)((\(selector()) offset 30s)[\(random.int(in: 3..<20))m:\(one(["1m", "2m", ""]))])"
    default: return "\(function)(\(range))"
    }
  }

  private mutating func aggregation(depth: Int) -> String {
    let inner = vector(depth: depth - 1)
    let grouping = one([
      "", " by (job)", " by (job, instance)", " without (instance)", " without (code, le)", " by (none)",
    ])
    switch random.int(in: 0..<8) {
    case 0: return "quantile\(grouping) (\(one(["0.5", "0.25", "0.99"])), \(inner))"
    case 1:
      // Of values without a last digit that the order of a sum could change.
      return "count_values\(grouping) (\"value\", \(one(["up", "limit", "count by (job) (\(inner))"])))"
    case 2: return "count\(grouping) (\(inner) > 10)"
    default:
      return
        "\(one(["sum", "avg", "min", "max", "count", "stddev", "stdvar", "group"]))\(grouping) (\(inner))"
    }
  }

  private mutating func ofValues(depth: Int) -> String {
    let inner = vector(depth: depth - 1)
    switch random.int(in: 0..<7) {
    case 0: return "clamp(\(inner), \(random.int(in: -5..<20)), \(random.int(in: 0..<90)))"
    case 1: return "round(\(inner), \(one(["1", "5", "0.5", "0.25"])))"
    case 2:
      // Of numbers only: what a date makes of NaN is the processor's whim in Prometheus.
      let function = one([
        "minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month", "year",
      ])
      return "\(function)(limit * \(one(["1e4", "1e6", "-3e5", "86399.5"])))"
    case 3: return "\(one(["clamp_min", "clamp_max"]))(\(inner), \(random.int(in: 0..<60)))"
    default:
      let function = one([
        "abs", "ceil", "floor", "exp", "ln", "log2", "log10", "sqrt", "sgn", "sin", "cos", "tan", "asin",
        "acos", "atan",
        "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "deg", "rad", "round", "timestamp", "sort",
        "sort_desc",
      ])
      return "\(function)(\(inner))"
    }
  }

  private mutating func number() -> String {
    one(["2", "0", "-1.5", "0.25", "1e3", "scalar(sum(limit))", "time()", "pi()", "100", "NaN", "Inf"])
  }

  private mutating func scalarOperation(depth: Int) -> String {
    let inner = vector(depth: depth - 1)
    let operation = one([
      "+", "-", "*", "/", "%", "^", "==", "!=", "<", "<=", ">", ">=", "> bool", "<= bool",
    ])
    return yes(1, in: 3) ? "(\(number()) \(operation) \(inner))" : "(\(inner) \(operation) \(number()))"
  }

  private mutating func vectorOperation(depth: Int) -> String {
    let operation = one(["+", "-", "*", "/", "%", "==", "!=", "<", ">", ">= bool"])
    switch random.int(in: 0..<5) {
    case 0:
      return "(requests_total \(operation) on(job) group_left(\(one(["", "tier"]))) limit)"
    case 1:
      return "(limit \(operation) on(job) group_right temperature)"
    case 2:
      return "(requests_total{code=\"500\"} \(operation) ignoring(code) requests_total{code=\"200\"})"
    case 3:
      let inner = vector(depth: depth - 1)
      return "(sum by (job) (\(inner)) \(operation) sum by (job) (limit))"
    default:
      return "(\(vector(depth: depth - 1)) \(operation) \(vector(depth: depth - 1)))"
    }
  }

  private mutating func set(depth: Int) -> String {
    let matching = one(["", "on(job)", "ignoring(code)", "on(job, instance)", "on()"])
    return
      "(\(vector(depth: depth - 1)) \(one(["and", "or", "unless"])) \(matching) \(vector(depth: depth - 1)))"
  }

  private mutating func labels(depth: Int) -> String {
    let inner = vector(depth: depth - 1)
    switch random.int(in: 0..<3) {
    case 0:
      return
        "label_replace(\(inner), \"new\", \"$1-x\", \"job\", \"\(one(["(.*)", "a(.+)", "(d)b", "none"]))\")"
    case 1: return "label_replace(\(inner), \"job\", \"\", \"job\", \"web\")"
    default: return "label_join(\(inner), \"both\", \"/\", \"job\", \"instance\")"
    }
  }

  private mutating func special(depth: Int) -> String {
    switch random.int(in: 0..<9) {
    case 0: return "absent(\(selector()))"
    case 1: return "histogram_quantile(0.\(random.int(in: 1..<10)), sum by (le) (rate(latency_bucket[5m])))"
    case 2: return "histogram_quantile(\(one(["0.9", "0", "1", "0.5"])), latency_bucket)"
    case 3: return "vector(scalar(\(vector(depth: depth - 1))))"
    case 4: return "-\(vector(depth: depth - 1))"
    case 5:
      // 2.42 keeps the name that 3 drops here, so that something else drops it.
      return "abs(\(vector(depth: depth - 1)) atan2 \(number()))"
    case 6:
      return one([
        "(up + on(job) limit)", "abs({job=\"api\"})", "(limit / on() temperature)", "abs(up or temperature)",
        "(limit - on(job) group_right up)", "(up > on(job) up)",
      ])
    case 7: return "topk(1, \(one(["limit", "sum by (job, instance) (requests_total)"])))"
    default: return "absent(\(vector(depth: depth - 1)))"
    }
  }
}
