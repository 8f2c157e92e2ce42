// The arrows of the house: which folder may import which. SwiftPM lets transitively reachable modules
// through, so the imports themselves are read.

/// The parts of the house, told by folder.
enum Part: String, CaseIterable {
  case basics = "Sources/Basics/"
  case systems = "Sources/Systems/"
  case flow = "Sources/Flow/"
  case engine = "Sources/Engine/"
  case broker = "Sources/Broker/"
  case gateway = "Sources/Gateway/"
  case simulation = "Sources/Simulation/"
  case commands = "Sources/Commands/"

  init?(path: String) {
    guard let part = Self.allCases.first(where: { path.hasPrefix($0.rawValue) }) else { return nil }
    self = part
  }

  var mayImport: Set<Part> {
    switch self {
    case .basics: []
    case .systems, .flow: [.basics]
    case .engine: [.flow, .systems, .basics]
    case .broker: [.systems, .basics]
    case .gateway: [.engine, .flow, .systems, .basics]
    case .simulation: [.engine, .broker, .flow, .systems, .basics]
    case .commands: [.gateway, .broker, .engine, .flow, .systems, .basics]
    }
  }
}

/// Modules by name, as Package.swift places them: `module("Kafka", at: "Systems/Kafka")`.
func modules(inManifest manifest: SourceFile) -> [String: String] {
  var folders: [String: String] = [:]
  let text = manifest.lines.joined(separator: " ")
  let declaration = /module\(\s*"(?<name>\w+)",\s*at:\s*"(?<path>[\w\/]+)"/
  for match in text.matches(of: declaration) {
    folders[String(match.name)] = "Sources/\(match.path)/"
  }
  return folders
}

/// Within Flow the nouns form a line; every other part's modules are arranged by Package.swift alone.
private let flowArrows: [String: Set<String>] = [
  "Events": [], "Learning": ["Events"], "Experiments": ["Events"], "Metrics": ["Events"],
  "Alerts": ["Metrics", "Events"], "Rollouts": ["Metrics", "Events"],
]

/// Modules that come with the toolchain and say nothing about the house.
private let toolchain: Set<String> = ["Swift", "Synchronization"]

/// C, and who alone may import it; the reasons stand in docs/decisions.
private let exceptions: [(module: String, path: String)] = [
  ("CChecksum", "Sources/Basics/"),  // the CRC instruction
  ("Glibc", "Sources/Basics/"),  // the clock and standard error of Logger; real functions
  ("CMeter", "Sources/Commands/bench/"),  // allocations and processor time
  ("CRdKafka", "Sources/Commands/bench/"),  // the plain C loop that the wrapper is measured against
]

func importedModule(_ line: Substring) -> String? {
  var words = line.split(separator: " ")[...]
  let before: Set<Substring> = ["public", "internal", "package", "private", "fileprivate"]
  words = words.drop { $0.hasPrefix("@") || before.contains($0) }
  guard words.popFirst() == "import" else { return nil }
  let kinds: Set<Substring> = ["struct", "class", "enum", "func", "protocol", "typealias"]
  return words.drop { kinds.contains($0) }.first?.split(separator: ".").first.map(String.init)
}

func arrowViolations(in file: SourceFile, modules: [String: String]) -> [String] {
  guard let part = Part(path: file.path) else { return ["\(file.path): stands in no part of the house"] }
  return file.lines.enumerated().compactMap { index, line in
    guard let name = importedModule(line), !toolchain.contains(name) else { return nil }
    let complaint = "\(file.path):\(index + 1): \(part.rawValue) may not import \(name)"
    if exceptions.contains(where: { $0.module == name && file.path.hasPrefix($0.path) }) { return nil }
    if let folder = modules[name] { return mayImport(folder, named: name, from: file) ? nil : complaint }
    return part == .systems && name != "Foundation" ? nil : complaint
  }
}

private func mayImport(_ folder: String, named name: String, from file: SourceFile) -> Bool {
  guard let part = Part(path: file.path), let target = Part(path: folder) else { return false }
  if part == .simulation, folder.hasPrefix("Sources/Broker/Server/") { return false }
  guard part == target else { return part.mayImport.contains(target) }
  guard part == .flow else { return true }
  let noun = file.path.dropFirst(Part.flow.rawValue.count).prefix { $0 != "/" }
  return flowArrows[String(noun)]?.contains(name) ?? false
}
