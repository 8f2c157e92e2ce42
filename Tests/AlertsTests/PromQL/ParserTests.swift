// What is PromQL, what is not, and how well the difference is told.
import Alerts
import Testing

@Suite struct ParserTests {
  @Test(
    "what Prometheus accepts is accepted",
    arguments: [
      "1", "-1 + +2", "1_000 * 0x1F", "010", "1e3", ".5", "Inf", "nan", "2 ^ -1", "5m", "foo", "foo{}",
      "{__name__=\"a\"}",
      "{\"a.b\", \"c d\"=\"e\"}", "foo{a=\"b\",c!~\"d.*\",}", "a:b:c", "sum", "count{by=\"on\"}",
      "sum by (on) (foo)",
      "sum(foo) by (a, b,)", "SUM without() (foo)", "topk(3, foo)", "count_values(\"v\", foo)",
      "rate(foo[5m])",
      "rate(foo[5m] offset -1w @ 10.5)", "foo @ end() offset 1d",
      "max_over_time(rate(a[1m])[1h:5m] @ start())",
      "foo[1h30m:]", "a and b or c unless on(x) d", "a == bool 1", "1 < bool 2", "a / on(x) group_left(y) b",
      "a % ignoring(x) group_right b", "a atan2 b", "-foo ^ 2", "- (a + b) * c",
      "label_join(a, \"b\", \",\", \"c\", \"d\")",
      "label_join(a, \"b\", \"\")", "round(a)", "round(a, 5)", "day_of_week()", "hour(a)",
      "absent(a{b=\"c\"})", "# note\nfoo # more", "foo{a=~`\\d+`}",
      "foo{a='it\\'s'}",
      "rate(foo[300])", "time() - timestamp(foo)", "vector(1) > 0", "foo offset 0s", "offset",
      "start{end=\"x\"}",
    ])
  func accepted(text: String) {
    #expect(throws: Never.self) { try Expression(text) }
  }

  @Test(
    "what is wrong is told with its place and what to do",
    arguments: [
      ("rat(foo[5m])", 0, "unknown function \"rat\"", "did you mean \"rate\"?"),
      ("sun(foo)", 0, "unknown function \"sun\"", "did you mean \"sum\"?"),
      ("rate(foo)", 5, "a instant vector as argument 1 of rate", "add a range, as [5m]"),
      ("rate(sum(foo))", 5, "a instant vector as argument 1 of rate", "add a subquery, as [5m:]"),
      ("rate(foo[5m]", 12, "expected \")\" to close the call of rate, found the end of the expression", nil),
      ("foo[5m] + 1", 0, "+ of a range vector", "a function such as rate() or avg_over_time() makes one"),
      ("1 < 2", 2, "a comparison of two scalars without bool", "write < bool"),
      ("foo{}  bar", 7, "expected an operator or the end of the expression, found \"bar\"", nil),
      (
        "foo annd bar", 4, "expected an operator or the end of the expression, found \"annd\"",
        "did you mean \"and\"?"
      ),
      ("{}", 0, "a selector that selects everything", nil),
      ("foo{a=~\"(\"}", 7, "invalid pattern \"(\": a group that is not closed", nil),
      ("foo[5m][1m]", 7, "a range after what is no selector", "a subquery is written [1m:]"),
      ("foo offset 5m[1m]", 13, "a range after offset or @", "the range comes first"),
      ("foo[0s]", 4, "a duration of a range that is not above 0", nil),
      ("sum(foo, bar)", 0, "sum with 2 arguments", nil),
      ("foo and on(a) group_left() bar", 14, "no grouping is allowed for \"and\"", nil),
      ("foo and 1", 4, "and with a scalar", nil), ("foo + bool bar", 6, "\"bool\" after +", nil),
      ("a + on(x) group_left(x) b", 2, "label \"x\" both in on and in the group modifier", nil),
      ("foo{a=b}", 6, "expected a text in quotes after =, found \"b\"", nil),
      ("\"a", 0, "a text whose quote is not closed", nil),
      ("foo ! bar", 4, "unexpected character \"!\"", "not equal is !="),
      ("1m1h", 0, "invalid number or duration \"1m1h\"", nil), ("", 0, "an empty expression", nil),
      ("histogram_avg(a)", 0, "function \"histogram_avg\" is not supported", nil),
      ("foo{a=\"b\"", 9, "expected \",\" or \"}\" after a matcher, found the end of the expression", nil),
      ("foo offset 1m offset 2m", 14, "a second offset", nil),
      ("label_replace(a, \"b c\", \"\", \"\", \"\")", 17, "\"b c\" is no label's name", nil),
      ("sum(1)", 4, "sum of a scalar", nil),
      ("topk(foo, bar)", 5, "a instant vector as parameter of topk", nil),
      ("é", 0, "unexpected character \"é\"", nil), ("\"a\" + 1", 0, "+ of a string", nil),
    ] as [(String, Int, String, String?)])
  func refused(text: String, offset: Int, what: String, next: String?) {
    #expect {
      try Expression(text)
    } throws: { error in
      let fault = error as? ExpressionFault
      return fault?.offset == offset && fault?.what == what && (next == nil || fault?.next == next)
    }
  }

  @Test("a fault's place is its line and its column in characters")
  func position() {
    let text = "sum(\n  é + rat(foo[5m])\n)".replacing("é", with: "\"é\" ")
    let fault = ExpressionFault("", at: Array(text.utf8).firstRange(of: Array("rat(".utf8))?.lowerBound ?? 0)
    #expect(fault.position(in: text) == (2, 10))
  }

  @Test("an expression too deep for any stack is refused, not run")
  func depth() {
    for text in [
      String(repeating: "(", count: 100_000), String(repeating: "-", count: 100_000) + "1",
      Array(repeating: "a", count: 10_000).joined(separator: "+"),
      Array(repeating: "a", count: 10_000).joined(separator: "^"),
      "a" + String(repeating: "[1m:]", count: 10_000), String(repeating: "sum(", count: 5_000) + "a",
    ] {
      #expect(throws: ExpressionFault.self) { try Expression(text) }
    }
  }
}
