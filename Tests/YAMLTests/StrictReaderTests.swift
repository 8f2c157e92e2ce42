// Each class of finding has a case file: the YAML that is read, and beside it what a person is told.
import Basics
import Foundation
import Testing

@testable import YAML

private enum Colour: String, CaseIterable { case red, green, blue }

/// Reads what the cases hold: a mapping of name, count, live, colour, parts and settings.
private func readCase(_ bytes: [UInt8], file: String) throws(Diagnostics) {
  var reader = StrictReader(file: file)
  let root = try parseYAML(bytes, file: file)
  let known = ["name", "count", "live", "colour", "parts", "settings"]
  guard let fields = reader.fields(root, of: "thing", known: known, required: ["name"]) else {
    return try reader.finish()
  }
  if let node = fields["name"] { _ = reader.text(node) }
  if let node = fields["count"] { _ = reader.integer(node, in: 1...10) }
  if let node = fields["live"] { _ = reader.boolean(node) }
  if let node = fields["colour"] { _ = reader.choice(node, of: Colour.self) }
  if let node = fields["parts"] { for item in reader.items(node) ?? [] { _ = reader.text(item) } }
  if let node = fields["settings"] { for pair in reader.pairs(node) ?? [] { _ = reader.written(pair.value) } }
  try reader.finish()
}

@Suite struct StrictReaderTests {
  @Test("a file as expected passes")
  func accepted() throws {
    let text = "name: a\ncount: 10\nlive: false\ncolour: red\nparts: [b, 'c']\nsettings: {x: -1, y: z}"
    try readCase(Array(text.utf8), file: "a.yaml")
  }

  @Test("every class of finding reads as its golden file says", arguments: goldenCases())
  func golden(name: String) throws {
    let folder = goldenFolder()
    let bytes = try [UInt8](Data(contentsOf: folder.appendingPathComponent(name + ".yaml")))
    var told = "nothing\n"
    do throws(Diagnostics) { try readCase(bytes, file: name + ".yaml") } catch { told = "\(error)\n" }
    let expected = folder.appendingPathComponent(name + ".txt")
    if ProcessInfo.processInfo.environment["RATCHET_GOLDEN"] == "write" {
      try told.write(to: expected, atomically: true, encoding: .utf8)
    }
    #expect(try told == String(contentsOf: expected, encoding: .utf8))
  }
}

private func goldenFolder() -> URL {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")
}

private func goldenCases() -> [String] {
  let files = try? FileManager.default.contentsOfDirectory(atPath: goldenFolder().path)
  return (files ?? []).filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
}
