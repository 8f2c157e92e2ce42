// Links between documents: each must lead somewhere.

/// Relative links of a Markdown file that lead to no file, or to no heading of it.
func brokenLinks(in file: SourceFile, exists: (String) -> Bool, headings: (String) -> [String]) -> [String] {
  let link = /\]\((?<target>[^)\s]+)\)/
  return file.lines.enumerated().flatMap { index, line in
    line.matches(of: link).compactMap { match in
      let target = String(match.target)
      guard !target.contains("://"), !target.hasPrefix("mailto:") else { return nil }
      let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
      let path = parts[0].isEmpty ? file.path : resolved(String(parts[0]), from: file.path)
      let place = "\(file.path):\(index + 1)"
      guard exists(path) else { return "\(place): no file \(path)" }
      guard parts.count == 2, path.hasSuffix(".md") else { return nil }
      return headings(path).contains(String(parts[1])) ? nil : "\(place): no heading #\(parts[1]) in \(path)"
    }
  }
}

/// Tests that a Markdown file names, `"title" ([File](path.swift))`, and that are not in that file.
func missingTests(in file: SourceFile, text: (String) -> String?) -> [String] {
  let mention = /"(?<title>[^"]+)"\s+\(\[\w+\]\((?<target>[^)\s]+\.swift)\)\)/
  return file.lines.joined(separator: "\n").matches(of: mention).compactMap { match in
    let path = resolved(String(match.target), from: file.path)
    let isThere = text(path)?.contains("\"\(match.title)\"") ?? false
    return isThere ? nil : "\(file.path): no test \"\(match.title)\" in \(path)"
  }
}

/// `a/b/c.md` and `../d.md` make `a/d.md`.
func resolved(_ target: String, from path: String) -> String {
  var parts = path.split(separator: "/").dropLast().map(String.init)
  for part in target.split(separator: "/") {
    switch part {
    case ".": continue
    case "..": if !parts.isEmpty { parts.removeLast() }
    default: parts.append(String(part))
    }
  }
  return parts.joined(separator: "/")
}

/// A file's headings as anchors: lower case, spaces as hyphens, other punctuation left out.
func anchors(of file: SourceFile) -> [String] {
  var inCode = false
  return file.lines.compactMap { line in
    if line.hasPrefix("```") { inCode.toggle() }
    guard !inCode, line.hasPrefix("#") else { return nil }
    let title = line.drop { $0 == "#" }.drop { $0 == " " }.lowercased()
    return String(
      title.compactMap { $0 == " " ? "-" : $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" ? $0 : nil })
  }
}
