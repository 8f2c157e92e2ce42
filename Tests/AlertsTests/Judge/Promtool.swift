// Debian's promtool as a judge: what it says of a file of unit tests.
import Foundation

enum Promtool {
  static let path = "/usr/bin/promtool"
  static let isThere = FileManager.default.isExecutableFile(atPath: path)

  /// What came out of an expression by promtool's account.
  enum Verdict: Equatable {
    case asExpected
    case refused(String)
    /// By labels as written.
    case found([String: Double])
  }

  struct Answer {
    var status: Int32
    var text: String
  }

  static func run(_ arguments: [String]) throws -> Answer {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Answer(status: process.terminationStatus, text: text)
  }

  /// The verdicts on expressions that were written in this order, each with its time: `expr: "a", time: 1m,`.
  static func verdicts(_ text: String, on expressions: [String]) -> [Verdict] {
    var verdicts = Array(repeating: Verdict.asExpected, count: expressions.count)
    var indices: [String: Int] = [:]
    for (index, expression) in expressions.enumerated() { indices[goQuoted(expression)] = index }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() {
      let trimmed = line.drop { $0 == " " }
      guard trimmed.hasPrefix("expr: "), let end = trimmed.range(of: ", time: ", options: .backwards),
        let index = indices[String(trimmed.dropFirst(6)[..<end.lowerBound])]
      else { continue }
      if let error = trimmed[end.upperBound...].range(of: "err: ") {
        verdicts[index] = .refused(String(trimmed[error.upperBound...]))
      } else if number + 2 < lines.count {
        let found = lines[number + 2].drop { $0 == " " }
        verdicts[index] = .found(elements(String(found.dropFirst("got: ".count))))
      }
    }
    return verdicts
  }

  /// `{a="b"} 1E+00, {a="c"} NaN`; labels hold no ", " followed by "{" in these tests.
  private static func elements(_ text: String) -> [String: Double] {
    guard text != "nil" else { return [:] }
    var elements: [String: Double] = [:]
    for part in text.replacingOccurrences(of: ", {", with: "\u{0}{").split(separator: "\u{0}") {
      guard let space = part.lastIndex(of: " ") else { continue }
      let value = part[part.index(after: space)...]
      elements[String(part[..<space])] =
        value == "+Inf" ? .infinity : value == "-Inf" ? -.infinity : value == "NaN" ? .nan : Double(value)
    }
    return elements
  }

  /// As Go's %q writes ASCII.
  private static func goQuoted(_ text: String) -> String {
    "\"" + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
      + "\""
  }
}
