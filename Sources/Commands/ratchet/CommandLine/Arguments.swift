// A command line that has been read against its command's declaration.
import Basics

/// The command line is wrong; the tool says so and ends with `ExitStatus.usage`.
struct UsageError: Error, Equatable, CustomStringConvertible {
  var diagnostic: Diagnostic

  init(_ what: String, at place: String? = nil, why: String? = nil, next: String? = nil) {
    diagnostic = Diagnostic(what, at: place.map { .named($0) }, why: why, next: next)
  }

  init(_ diagnostic: Diagnostic) { self.diagnostic = diagnostic }

  var description: String { diagnostic.description }
}

/// The values given to one command. Asking for a name that the command does not declare is a programmer
/// error.
struct Arguments: Sendable {
  let command: Command
  /// By name of operand or option, in the order given; a flag that is set has one empty value.
  private var values: [String: [String]] = [:]
  /// What has a value by the command line or the environment, not by a file or a fallback.
  private var given: Set<String> = []
  /// Where values from a file stand there.
  private var places: [String: Diagnostic.Place] = [:]

  init(_ command: Command) { self.command = command }

  /// The last value given, else the environment's, else the declared fallback.
  func text(_ name: String) -> String? { all(name).last }

  func all(_ name: String) -> [String] {
    precondition(declares(name), "\(command.name) declares no argument \(name)")
    return values[name] ?? []
  }

  func flag(_ name: String) -> Bool { !all(name).isEmpty }

  /// The value as a whole number within `range`.
  func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
    guard let text = text(name) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw UsageError(
        "\"\(text)\" is not a whole number from \(range.lowerBound) to \(range.upperBound)", at: "--\(name)")
    }
    return number
  }

  /// Takes values from a file, unless the command line or the environment has given others.
  mutating func fill(_ name: String, _ values: [String], from place: Diagnostic.Place) {
    precondition(declares(name), "\(command.name) declares no argument \(name)")
    guard !given.contains(name) else { return }
    self.values[name] = values
    places[name] = place
  }

  /// The same error, at the place in the file if that is where the value came from.
  func placing(_ error: UsageError) -> UsageError {
    guard case .named(let option) = error.diagnostic.place, option.hasPrefix("--"),
      let place = places[String(option.dropFirst(2))]
    else { return error }
    var diagnostic = error.diagnostic
    diagnostic.place = place
    return UsageError(diagnostic)
  }

  private func declares(_ name: String) -> Bool {
    command.options.contains { $0.name == name } || command.operands.contains { $0.name == name }
  }
}

// MARK: - Reading

extension Arguments {
  /// Reads `words`, what follows the command's name. After `--` everything is an operand.
  init(
    _ command: Command, words: some Sequence<String>, environment: (String) -> String?
  ) throws(UsageError) {
    self.init(command)
    var rest = Array(words)[...]
    var operands: [String] = []
    while let word = rest.popFirst() {
      if word == "--" {
        operands += rest
        break
      }
      if word.hasPrefix("-"), word.count > 1 {
        try readOption(word, from: &rest)
      } else {
        operands.append(word)
      }
    }
    try place(operands)
    try complete(from: environment)
  }

  private mutating func readOption(_ word: String, from rest: inout ArraySlice<String>) throws(UsageError) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let option = command.options.first(where: { "--\($0.name)" == parts[0] }) else {
      throw UsageError(
        "unknown option \"\(parts[0])\" of \"\(command.name)\"",
        next: didYouMean(parts[0], among: command.options.map { "--\($0.name)" })
          ?? "ratchet \(command.name) --help lists its options")
    }
    guard option.repeats || values[option.name] == nil else {
      throw UsageError("given more than once", at: parts[0])
    }
    values[option.name, default: []].append(
      try value(of: option, inline: parts.dropFirst().first, from: &rest))
  }

  private func value(
    of option: Option, inline: String?, from rest: inout ArraySlice<String>
  ) throws(UsageError) -> String {
    guard let shown = option.value else {
      if inline != nil { throw UsageError("takes no value", at: "--\(option.name)") }
      return ""
    }
    if let inline { return inline }
    guard let next = rest.popFirst(), !next.hasPrefix("--") else {
      throw UsageError("needs a value: --\(option.name) \(shown)", at: "--\(option.name)")
    }
    return next
  }

  private mutating func place(_ given: [String]) throws(UsageError) {
    for (operand, word) in zip(command.operands, given) { values[operand.name] = [word] }
    if given.count > command.operands.count {
      throw UsageError(
        "unexpected argument \"\(given[command.operands.count])\"",
        next: "ratchet \(command.name) --help shows what it takes")
    }
    if let missing = command.operands.dropFirst(given.count).first(where: \.isRequired) {
      throw UsageError("\(missing.name) is missing", next: "usage: \(command.usage)")
    }
  }

  private mutating func complete(from environment: (String) -> String?) throws(UsageError) {
    given = Set(values.keys)
    for option in command.options where values[option.name] == nil {
      let inherited = option.variable.flatMap(environment).flatMap { $0.isEmpty ? nil : $0 }
      if inherited != nil { given.insert(option.name) }
      if option.value == nil {
        if try isSet(inherited, option) { values[option.name] = [""] }
      } else if let value = inherited ?? option.fallback {
        values[option.name] = [value]
      } else if option.isRequired {
        let next = option.variable.map { "or set \($0)" }
        throw UsageError("--\(option.name) \(option.value ?? "") is missing", next: next)
      }
    }
  }

  /// A flag's variable says true or false.
  private func isSet(_ text: String?, _ flag: Option) throws(UsageError) -> Bool {
    switch text {
    case nil, "false": return false
    case "true": return true
    case let text?:
      throw UsageError("\"\(text)\" is neither true nor false", at: flag.variable ?? "--\(flag.name)")
    }
  }
}
