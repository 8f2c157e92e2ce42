// What identifies a series: order, equality and bytes of label sets.
import Basics
import Metrics
import Testing

@Suite struct LabelsTests {
  private func labels(_ pairs: (String, String)...) -> Labels { Labels(pairs.map { Label($0.0, $0.1) }) }

  private func restored(_ bytes: [UInt8]) -> Labels? { unsafe Labels(stored: bytes.span.bytes) }

  @Test("labels are sorted by name, empty values are absent, and the last of one name counts")
  func normalized() {
    let made = labels(("b", "2"), ("a", "1"), ("c", ""), ("b", "3"))
    #expect(made.all.map(\.name) == ["a", "b"])
    #expect(made["b"] == "3" && made["c"] == "" && made["zz"] == "")
    #expect(made == labels(("a", "1"), ("b", "3")))
    #expect(labels(("__name__", "up"), ("job", "x\"y")).description == "up{job=\"x\\\"y\"}")
  }

  @Test("values that differ only in Unicode normalization differ")
  func normalization() {
    #expect(labels(("a", "\u{E9}")) != labels(("a", "e\u{301}")))
  }

  @Test("sets order by the first label that differs, and a shorter one comes first")
  func order() {
    let sorted = [
      labels(), labels(("a", "1")), labels(("a", "1"), ("b", "1")), labels(("a", "2")), labels(("b", "0")),
    ]
    #expect(sorted.reversed().sorted() == sorted)
  }

  @Test("names are kept, dropped and set")
  func derived() {
    let made = labels(("__name__", "up"), ("job", "a"), ("pod", "b"))
    #expect(made.keeping(LabelNames(["job"])) == labels(("job", "a")))
    #expect(made.dropping(LabelNames(["__name__", "pod"])) == labels(("job", "a")))
    #expect(made.setting("pod", to: "") == labels(("__name__", "up"), ("job", "a")))
    #expect(made.setting("job", to: "z")["job"] == "z")
  }

  @Test("a set's bytes give the set back, and damaged bytes give none")
  func stored() throws {
    let made = labels(("agent", "triage"), ("long", String(repeating: "x", count: 300)))
    var bytes: [UInt8] = []
    made.store(into: &bytes)
    #expect(restored(bytes) == made)
    for cut in 1..<bytes.count where cut != 13 {
      let part = Array(bytes.prefix(cut))
      #expect(restored(part) == nil, "cut at \(cut)")
    }
    let unsorted: [UInt8] = [1, 98, 1, 49, 1, 97, 1, 49]
    #expect(restored(unsorted) == nil)
  }

  @Test("matchers take an absent label as an empty value and patterns as a whole")
  func matchers() throws {
    let made = labels(("job", "api"))
    #expect(LabelMatcher("job", .equal("api")).accepts(made))
    #expect(LabelMatcher("pod", .equal("")).accepts(made))
    #expect(!LabelMatcher("job", .matches(try Pattern("ap"))).accepts(made))
    #expect(LabelMatcher("job", .matches(try Pattern("a.*|b"))).accepts(made))
    #expect(LabelMatcher("pod", .notMatches(try Pattern("x+"))).accepts(made))
  }
}
