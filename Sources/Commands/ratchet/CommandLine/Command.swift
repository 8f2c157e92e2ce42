// What a subcommand takes and does, as data: parsing, help and suggestions are all derived from it.

/// One subcommand of the tool. A new one is a value of this type and a line in `commandTable`.
struct Command: Sendable {
  /// Its words as typed: `topics plan`.
  var name: String
  /// One line for the overview.
  var summary: String
  var operands: [Operand] = []
  var options: [Option] = []
  /// Paragraphs at the end of the command's help: exit codes, what it never does.
  var notes: String = ""
  /// Carries the command out. Whatever it throws is printed as it describes itself, and ends the tool with
  /// `ExitStatus.failure`; a `UsageError` ends it with `ExitStatus.usage`.
  var run: @Sendable (Arguments) throws -> ExitStatus

  var words: [String] { name.split(separator: " ").map(String.init) }
}

/// A positional argument.
struct Operand: Sendable {
  /// As help shows it: `TOPIC`.
  var name: String
  var summary: String
  var isRequired = true
}

/// A named argument, `--name VALUE` or `--name=VALUE`, or without a value a flag.
struct Option: Sendable {
  /// Without its dashes.
  var name: String
  /// What stands for the value in help, `HOST:PORT`; nil makes it a flag.
  var value: String?
  var summary: String
  /// The environment variable that is read when the option is not given.
  var variable: String?
  /// The value when neither option nor variable is given.
  var fallback: String?
  /// Whether it may be given more than once.
  var repeats = false
  var isRequired = false
}

/// What the process answers to whoever started it.
struct ExitStatus: Equatable, Sendable {
  var code: Int32

  static let success = ExitStatus(code: 0)
  static let failure = ExitStatus(code: 1)
  /// A plan found changes that have not been made.
  static let changesPending = ExitStatus(code: 2)
  /// EX_USAGE of sysexits.h: the command line itself is wrong.
  static let usage = ExitStatus(code: 64)
}
