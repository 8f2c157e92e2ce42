import Basics
import Testing

@Suite struct DiagnosticTests {
  @Test("a diagnostic says where, what, why and what to do next")
  func fullForm() {
    let diagnostic = Diagnostic(
      "unknown function \"rat\" in expression of alert \"LowFeedbackRate\"",
      at: .file("topology/rules/feedback.yaml", line: 14, column: 13),
      why: "PromQL has no function of this name",
      next: didYouMean("rat", among: ["rate", "irate", "sum"]))
    #expect(
      diagnostic.description == """
        topology/rules/feedback.yaml:14:13: unknown function "rat" in expression of alert "LowFeedbackRate"
          PromQL has no function of this name
          did you mean "rate"?
        """)
  }

  @Test("every kind of place reads as people write it")
  func places() {
    let partition = TopicPartition(topic: "ratchet.feedback", partition: PartitionID(3))
    let cases: [(Diagnostic, String)] = [
      (Diagnostic("no magic", at: .record(partition, Offset(42))), "ratchet.feedback/3@42: no magic"),
      (Diagnostic("gone", at: .record(partition, nil)), "ratchet.feedback/3: gone"),
      (Diagnostic("is read only", at: .path("data")), "data: is read only"),
      (Diagnostic("is taken", at: .named("--listen"), severity: .warning), "--listen: warning: is taken"),
      (Diagnostic("nothing to do", severity: .note), "note: nothing to do"),
    ]
    for (diagnostic, text) in cases { #expect(diagnostic.description == text) }
    #expect(Diagnostics([cases[0].0, cases[2].0]).description == "\(cases[0].1)\n\(cases[2].1)")
  }

  @Test("a slip finds its word; a different word finds nothing")
  func suggestions() {
    let words = ["partitions", "cleanup", "retention", "schema"]
    #expect(nearestWord(to: "partitons", among: words) == "partitions")
    #expect(nearestWord(to: "shcema", among: words) == "schema")
    #expect(nearestWord(to: "Retention", among: words) == "retention")
    #expect(nearestWord(to: "colour", among: words) == nil)
    #expect(nearestWord(to: "", among: words) == nil)
    #expect(didYouMean("cleanp", among: words) == "did you mean \"cleanup\"?")
  }
}
