// Functions, against values worked out by hand from their definitions.
import Alerts
import Testing

@Suite struct FunctionTests {
  @Test("a rate is extended to the ends of its window where samples come near to them")
  func extrapolation() throws {
    // Samples at 10, 20 ... 60 in (5, 65]: 5 s to both ends, less than 1.1 spacings.
    let world = try World(["c": "100+10x6"])
    #expect(try world.ask("increase(c[1m])", at: 65) == ["{} 60"])
    #expect(try world.ask("rate(c[1m])", at: 65) == ["{} 1"])
    // The window begins long before the series: only half a spacing is added.
    #expect(try world.ask("increase(c[10m])", at: 60) == ["{} 65"])
    #expect(try world.ask("delta(c[10m])", at: 60) == ["{} 65"])
  }

  @Test("a counter is not extended below zero, and begins anew where it falls")
  func counters() throws {
    let world = try World(["c": "2+8x8", "r": "5 15 3 13 23"])
    // From 2 at a slope of 0.8/s: 2.5 s before the first sample it was zero.
    #expect(try world.ask("increase(c[10m])", at: 80) == ["{} 66"])
    #expect(try world.ask("resets(r[1m])", at: 45) == ["{} 1"])
    #expect(try world.ask("irate(r[1m])", at: 25) == ["{} 0.3"])
    #expect(try world.ask("idelta(r[1m])", at: 25) == ["{} -12"])
    // 23 - 5 + 15 over 40 s, 5 s more at either end; the zero point lies further back.
    #expect(try world.ask("increase(r[1m])", at: 45) == ["{} 41.25"])
  }

  @Test("a window of one sample has no rate, and none of it has no result")
  func tooFew() throws {
    let world = try World(["c": "1 _ _ 5"])
    for function in ["rate", "increase", "delta", "irate", "idelta", "deriv"] {
      #expect(try world.ask("\(function)(c[15s])", at: 10) == [])
    }
    #expect(try world.ask("avg_over_time(c[5s])", at: 20) == [])
    #expect(try world.ask("changes(c[1m])", at: 30) == ["{} 1"])
  }

  @Test("what *_over_time says of a window")
  func overTime() throws {
    let world = try World(["a{x=\"y\"}": "4 8 1 7 NaN"])
    let expected = [
      "avg_over_time": "5", "min_over_time": "1", "max_over_time": "8", "sum_over_time": "20",
      "count_over_time": "4",
      "stdvar_over_time": "7.5", "present_over_time": "1", "mad_over_time": "2",
    ]
    for (function, value) in expected {
      #expect(try world.ask("\(function)(a[1m])", at: 30) == ["{x=\"y\"} \(value)"])
    }
    #expect(try world.ask("quantile_over_time(0.5, a[1m])", at: 30) == ["{x=\"y\"} 5.5"])
    #expect(try world.ask("last_over_time(a[1m])", at: 30) == ["a{x=\"y\"} 7"])
    #expect(try world.ask("max_over_time(a[1m])", at: 40) == ["{x=\"y\"} 8"])
    #expect(try world.ask("absent_over_time(a[1m])", at: 500) == ["{} 1"])
    #expect(try world.ask("absent_over_time(b{x=\"1\",y=~\"2\"}[1m])", at: 30) == ["{x=\"1\"} 1"])
  }

  @Test("lines through samples: slope and what they predict")
  func lines() throws {
    let world = try World(["a": "1+3x10", "b": "7x5"])
    #expect(try world.ask("deriv(a[1m])", at: 95) == ["{} 0.3"])
    #expect(try world.ask("predict_linear(a[1m], 100)", at: 90) == ["{} 58"])
    #expect(try world.ask("deriv(b[1m])", at: 50) == ["{} 0"])
  }

  @Test("absence carries the labels that equalities tell")
  func absence() throws {
    let world = try World(["a{x=\"1\"}": "1"])
    #expect(try world.ask("absent(a)", at: 0) == [])
    #expect(try world.ask("absent(b{x=\"1\",y!=\"2\",z=\"3\",z=\"4\"})", at: 0) == ["{x=\"1\"} 1"])
    #expect(try world.ask("absent(sum(b))", at: 0) == ["{} 1"])
  }

  @Test("quantiles of buckets are interpolated within the one that holds the rank")
  func histograms() throws {
    let world = try World([
      "h_bucket{le=\"0.1\",q=\"a\"}": "10", "h_bucket{le=\"0.2\",q=\"a\"}": "30",
      "h_bucket{le=\"+Inf\",q=\"a\"}": "40",
      "h_bucket{le=\"0.1\",q=\"b\"}": "10", "h_bucket{le=\"x\",q=\"b\"}": "1",
    ])
    #expect(
      try world.ask("histogram_quantile(0.5, h_bucket)", at: 0) == [
        "{q=\"a\"} 0.15000000000000002", "{q=\"b\"} NaN",
      ])
    #expect(try world.ask("histogram_quantile(0.99, h_bucket{q=\"a\"})", at: 0) == ["{q=\"a\"} 0.2"])
    #expect(try world.ask("histogram_quantile(0.125, h_bucket{q=\"a\"})", at: 0) == ["{q=\"a\"} 0.05"])
    #expect(try world.ask("histogram_quantile(2, h_bucket{q=\"a\"})", at: 0) == ["{q=\"a\"} +Inf"])
    #expect(try world.ask("histogram_quantile(-1, h_bucket{q=\"a\"})", at: 0) == ["{q=\"a\"} -Inf"])
  }

  @Test("labels are replaced and joined")
  func labels() throws {
    let world = try World(["a{src=\"host-17:80\",b=\"x\"}": "1"])
    #expect(
      try world.ask("label_replace(a, \"n\", \"<$1>\", \"src\", \"host-(\\\\d+):.*\")", at: 0)
        == ["a{b=\"x\", n=\"<17>\", src=\"host-17:80\"} 1"])
    #expect(try world.ask("label_replace(a, \"src\", \"\", \"b\", \"x\")", at: 0) == ["a{b=\"x\"} 1"])
    #expect(
      try world.ask("label_replace(a, \"n\", \"v\", \"src\", \"host\")", at: 0).first?.contains("n=") == false
    )
    #expect(
      try world.ask("label_join(a, \"j\", \"-\", \"b\", \"none\", \"src\")", at: 0)
        == ["a{b=\"x\", j=\"x--host-17:80\", src=\"host-17:80\"} 1"])
  }

  @Test(
    "functions of values and of time",
    arguments: [
      ("abs(vector(-2))", "2"), ("ceil(vector(1.2))", "2"), ("floor(vector(-1.2))", "-2"),
      ("round(vector(2.5))", "3"),
      ("round(vector(-2.5))", "-2"), ("round(vector(17), 5)", "15"), ("round(vector(0.37), 0.1)", "0.4"),
      ("sgn(vector(-3))", "-1"),
      ("clamp(vector(5), 1, 3)", "3"), ("clamp_min(vector(5), 7)", "7"), ("clamp_max(vector(5), NaN)", "NaN"),
      ("sqrt(vector(9))", "3"), ("exp(vector(0))", "1"), ("ln(vector(1))", "0"), ("log2(vector(8))", "3"),
      ("log10(vector(1000))", "3"), ("deg(vector(pi()))", "180"), ("cos(vector(0))", "1"),
      ("sinh(vector(0))", "0"),
      ("year(vector(1709210096))", "2024"), ("month(vector(1709210096))", "2"),
      ("day_of_month(vector(1709210096))", "29"),
      ("days_in_month(vector(1709210096))", "29"), ("day_of_week(vector(1709210096))", "4"),
      ("day_of_year(vector(1709210096))", "60"),
      ("hour(vector(1709210096))", "12"), ("minute(vector(1709210096))", "34"), ("year(vector(-1))", "1969"),
      ("hour(vector(-1))", "0"), ("minute()", "2"), ("vector(time())", "120"),
      ("vector(scalar(none))", "NaN"),
    ])
  func values(text: String, value: String) throws {
    let expected = text == "hour(vector(-1))" ? "23" : value
    #expect(try World([:]).ask(text, at: 120) == ["{} \(expected)"])
  }

  @Test("clamp between limits the wrong way round gives nothing")
  func emptyClamp() throws { #expect(try World([:]).ask("clamp(vector(1), 3, 1)", at: 0) == []) }

  @Test("timestamp is the sample's of a selector, and the instant's of anything else")
  func timestamps() throws {
    let world = try World(["a": "1 1"])
    #expect(try world.ask("timestamp(a)", at: 17) == ["{} 10"])
    #expect(try world.ask("timestamp(a + 0)", at: 17) == ["{} 17"])
    #expect(try world.ask("timestamp((a offset 10s))", at: 17) == ["{} 0"])
  }

  @Test("sorting keeps its order, with NaN last either way")
  func sorting() throws {
    let world = try World(["a{x=\"1\"}": "3", "a{x=\"2\"}": "1", "a{x=\"3\"}": "NaN"])
    #expect(try world.ask("sort(a)", at: 0).map { $0.suffix(3) } == ["} 1", "} 3", "NaN"])
    #expect(try world.ask("sort_desc(a)", at: 0).map { $0.suffix(3) } == ["} 3", "} 1", "NaN"])
    #expect(try world.ask("sort_by_label_desc(a, \"x\")", at: 0).first == "a{x=\"3\"} NaN")
  }
}
