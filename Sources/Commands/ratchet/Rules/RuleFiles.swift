// Rule files and test files from disk, for the commands over them.
import Alerts
import Basics
import POSIX
import Topology

enum RuleFiles {
  /// What a control record may hold; a rule file is one.
  static let bytesMax = 1 << 20
  /// A person writes dozens.
  private static let filesMax = 1000

  /// The rule file itself, or all of a folder and of its folders, in order. Settings and unit tests stand
  /// beside them and are none.
  static func rulePaths(_ path: String) throws(Diagnostic) -> [String] {
    try paths(path).filter { found in
      let names = found.dropFirst(path.count).split(separator: "/")
      return found == path || !(names.last == "settings.yaml" || names.dropLast().contains("tests"))
    }
  }

  /// The file itself, or all YAML files of a folder and of its folders, in order.
  static func paths(_ path: String) throws(Diagnostic) -> [String] {
    guard isFolder(path) else { return [path] }
    var (found, folders): ([String], [String]) = ([], [path])
    while let folder = folders.popLast() {
      let names: [String]
      do throws(SystemCallError) { names = try namesInFolder(folder) } catch {
        throw Diagnostic("cannot be read", at: .path(folder), why: error.reason)
      }
      for name in names where !name.hasPrefix(".") {
        let inner = "\(folder)/\(name)"
        if isFolder(inner) { folders.append(inner) } else if isYAML(name) { found.append(inner) }
      }
      guard found.count <= filesMax else {
        throw Diagnostic("more than \(filesMax) rule files", at: .path(path))
      }
    }
    guard !found.isEmpty else { throw Diagnostic("there is no YAML file", at: .path(path)) }
    return found.sorted()
  }

  private static func isYAML(_ name: String) -> Bool { name.hasSuffix(".yaml") || name.hasSuffix(".yml") }

  /// The groups of the files that a test names; patterns with `*` match names within a folder.
  static func groups(of test: RuleTestFile, at path: String) throws -> [RuleGroup] {
    let folder =
      path.contains("/")
      ? path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") : "."
    var groups: [RuleGroup] = []
    for written in test.ruleFiles {
      let whole = written.hasPrefix("/") ? written : "\(folder)/\(written)"
      for file in try matching(whole) {
        groups += try parseRules(try readBytes(file, limit: bytesMax), file: file)
      }
    }
    return groups
  }

  private static func matching(_ pattern: String) throws(Diagnostic) -> [String] {
    guard pattern.contains("*"), let slash = pattern.lastIndex(of: "/") else { return [pattern] }
    let folder = String(pattern[..<slash])
    let parts = pattern[pattern.index(after: slash)...].split(
      separator: "*", omittingEmptySubsequences: false)
    let written = parts.map { "\\Q\($0)\\E" }.joined(separator: "[^/]*")
    guard let matcher = try? Pattern(written) else { return [] }
    let names: [String]
    do throws(SystemCallError) { names = try namesInFolder(folder) } catch {
      throw Diagnostic("cannot be read", at: .path(folder), why: error.reason)
    }
    return names.sorted().filter(matcher.matchesWhole).map { "\(folder)/\($0)" }
  }
}
