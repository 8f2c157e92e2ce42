// The rules applied to the project itself.
import Testing

@Suite struct TreeTests {
  private func expectNone(_ violations: [String], _ location: SourceLocation = #_sourceLocation) {
    for violation in violations { Issue.record("\(violation)", sourceLocation: location) }
  }

  @Test("every import follows an arrow of the house")
  func arrows() throws {
    let known = modules(inManifest: try SourceTree.file("Package.swift"))
    #expect(known.count > 5)
    let files = try SourceTree.files(in: "Sources", endings: [".swift"])
    expectNone(files.flatMap { arrowViolations(in: $0, modules: known) })
  }

  @Test("files, functions and lines keep their limits")
  func lengths() throws {
    let files = try ["Sources", "Tests"].flatMap { try SourceTree.files(in: $0, endings: [".swift"]) }
    expectNone(files.flatMap(lengthViolations))
    let c = try SourceTree.files(in: "Sources", endings: [".c", ".h", ".cpp"])
    expectNone(c.filter { $0.lines.count > Limit.fileLines }.map { "\($0.path): too long" })
  }

  @Test("Flow is pure and unsafety stays where C is")
  func purity() throws {
    let files = try SourceTree.files(in: "Sources", endings: [".swift"])
    expectNone(files.flatMap(purityViolations) + files.flatMap(unsafetyViolations))
  }

  @Test("each source file opens by saying what it is")
  func openings() throws {
    expectNone(try SourceTree.files(in: "Sources", endings: [".swift"]).flatMap(openingViolations))
  }

  @Test("tests that the documents name are there")
  func namedTests() throws {
    let documents = try SourceTree.files(in: "docs", endings: [".md"])
    expectNone(
      documents.flatMap { document in
        missingTests(in: document) { try? SourceTree.file($0).lines.joined(separator: "\n") }
      })
  }

  @Test("links in the documents resolve")
  func links() throws {
    let documents =
      try SourceTree.files(in: "docs", endings: [".md"]) + [try SourceTree.file("README.md")]
    expectNone(
      documents.flatMap { document in
        brokenLinks(in: document, exists: SourceTree.exists) { path in
          (try? SourceTree.file(path)).map(anchors) ?? []
        }
      })
  }
}
