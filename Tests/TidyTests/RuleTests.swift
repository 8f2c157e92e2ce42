// The rules themselves: each is broken on purpose here and must notice.
import Testing

@Suite struct RuleTests {
  private let known = [
    "Basics": "Sources/Basics/", "Kafka": "Sources/Systems/Kafka/", "Events": "Sources/Flow/Events/",
    "Metrics": "Sources/Flow/Metrics/", "Runtime": "Sources/Engine/Runtime/",
    "BrokerServer": "Sources/Broker/Server/", "BrokerCore": "Sources/Broker/Core/",
  ]

  private func complaints(_ path: String, _ text: String) -> Int {
    arrowViolations(in: SourceFile(path: path, text: text), modules: known).count
  }

  @Test(
    "an import against the arrows is found",
    arguments: [
      ("Sources/Basics/A.swift", "import Kafka"), ("Sources/Flow/Events/A.swift", "public import Kafka"),
      ("Sources/Flow/Events/A.swift", "import Metrics"), ("Sources/Systems/Kafka/A.swift", "import Events"),
      ("Sources/Engine/Runtime/A.swift", "@testable import BrokerCore"),
      ("Sources/Broker/Core/A.swift", "import Runtime"),
      ("Sources/Simulation/A.swift", "import BrokerServer"),
      ("Sources/Commands/ratchet/A.swift", "import CRdKafka"),
      ("Sources/Systems/Kafka/A.swift", "import Foundation"),
      ("Sources/Engine/Runtime/A.swift", "internal import Glibc"), ("Sources/Other/A.swift", ""),
    ])
  func badImport(path: String, text: String) { #expect(complaints(path, text) == 1) }

  @Test(
    "an import along the arrows is let through",
    arguments: [
      ("Sources/Basics/A.swift", "import Glibc"), ("Sources/Flow/Metrics/A.swift", "public import Events"),
      ("Sources/Systems/Kafka/A.swift", "internal import CRdKafka\nimport Synchronization"),
      ("Sources/Commands/bench/A.swift", "import CRdKafka\nimport BrokerServer"),
      ("Sources/Simulation/A.swift", "import BrokerCore\nimport Runtime"),
    ])
  func goodImport(path: String, text: String) { #expect(complaints(path, text) == 0) }

  @Test("modules are read from the manifest, on one line or several")
  func manifest() {
    let text = "module(\"A\", at: \"X/A\", needs: []),\nmodule(\n  \"B\", at: \"Y\"\n)"
    let found = modules(inManifest: SourceFile(path: "Package.swift", text: text))
    #expect(found == ["A": "Sources/X/A/", "B": "Sources/Y/"])
  }

  @Test("a function one line over the limit is found, one at the limit is not")
  func longFunction() {
    func source(_ lines: Int) -> SourceFile {
      let body = Array(repeating: "    step()", count: lines - 2)
      let text = (["struct A {", "  public static func f<T>(", "  ) {"] + body.dropLast() + ["  }", "}"])
      return SourceFile(path: "Sources/A.swift", text: text.joined(separator: "\n"))
    }
    #expect(functions(in: source(70)).map(\.length) == [70])
    #expect(lengthViolations(in: source(70)).isEmpty)
    #expect(lengthViolations(in: source(71)).count == 1)
    let requirement = SourceFile(
      path: "A.swift",
      text: "protocol P {\n  func f(\n    a: Int\n  ) -> Int\n\n  var b: Int {\n    1\n  }\n}")
    #expect(functions(in: requirement).isEmpty)
  }

  @Test("a long line and a long file are found")
  func longLineAndFile() {
    let wide = SourceFile(path: "A.swift", text: String(repeating: "x", count: Limit.columns + 1))
    let long = SourceFile(path: "A.swift", text: String(repeating: "x\n", count: Limit.fileLines + 1))
    #expect(lengthViolations(in: wide).count == 1 && lengthViolations(in: long).count == 1)
  }

  @Test("the clock, randomness and hash order are found in Flow, but not in comments or elsewhere")
  func purity() {
    let text = "let a = systemTime()\nlet b = list.shuffled()\n// Hasher( is fine here\n"
    #expect(purityViolations(in: SourceFile(path: "Sources/Flow/Events/A.swift", text: text)).count == 2)
    #expect(purityViolations(in: SourceFile(path: "Sources/Engine/A.swift", text: text)).isEmpty)
  }

  @Test("unchecked sendability is found outside Basics and Systems")
  func unsafety() {
    let text = "// why\nfinal class A: @unchecked Sendable { nonisolated(unsafe) var a = 1 }"
    #expect(unsafetyViolations(in: SourceFile(path: "Sources/Engine/A.swift", text: text)).count == 2)
    #expect(unsafetyViolations(in: SourceFile(path: "Sources/Systems/A.swift", text: text)).isEmpty)
  }

  @Test("a file that does not say what it is is found")
  func openings() {
    #expect(openingViolations(in: SourceFile(path: "A.swift", text: "import Basics\nstruct A {}")).count == 1)
    #expect(openingViolations(in: SourceFile(path: "A.swift", text: "import Basics\n\n/// A.\n")).isEmpty)
  }

  @Test("a link to a missing file or heading is found")
  func links() {
    let text =
      "[a](b.md) [c](../README.md#here) [d](https://x.y/z) [e](#mine)\n# Mine\n[f](gone.md)\n[g](b.md#no)"
    let file = SourceFile(path: "docs/a.md", text: text)
    let found = brokenLinks(in: file, exists: { ["docs/b.md", "README.md", "docs/a.md"].contains($0) }) {
      $0 == "README.md" ? ["here"] : $0 == "docs/a.md" ? anchors(of: file) : []
    }
    #expect(found == ["docs/a.md:3: no file docs/gone.md", "docs/a.md:4: no heading #no in docs/b.md"])
  }

  @Test("a test that a document names and that is not there is found")
  func namedTest() {
    let text = "\"it holds\"\n([A](../T/A.swift)) and \"it fell\" ([A](../T/A.swift)) and \"quoted\" words"
    let found = missingTests(in: SourceFile(path: "docs/a.md", text: text)) {
      $0 == "T/A.swift" ? "@Test(\"it holds\")" : nil
    }
    #expect(found == ["docs/a.md: no test \"it fell\" in T/A.swift"])
  }
}
