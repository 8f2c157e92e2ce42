// From the words of a command line to what is to be done: pure, so that tests need no process.
import Basics

/// What a command line asks for.
enum Invocation {
  case run(Command, Arguments)
  case help(String)
}

extension Invocation {
  /// Finds the command that `words` (without the tool's own name) begin with and reads its arguments.
  init(_ words: [String], among table: [Command], environment: (String) -> String?) throws(UsageError) {
    let asksForHelp = words.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
    if let command = table.first(where: { words.starts(with: $0.words) }) {
      if asksForHelp {
        self = .help(command.help)
      } else {
        let rest = words.dropFirst(command.words.count)
        self = .run(command, try Arguments(command, words: rest, environment: environment))
      }
      return
    }
    let named = words.prefix { !$0.hasPrefix("-") }
    let group = table.filter { $0.words.starts(with: named) }
    guard !group.isEmpty, asksForHelp || words.count == named.count else {
      throw Self.unknown(words, among: table)
    }
    self = .help(overview(of: group))
  }

  private static func unknown(_ words: [String], among table: [Command]) -> UsageError {
    let named = words.prefix { !$0.hasPrefix("-") }
    guard !named.isEmpty else {
      return UsageError("unknown option \"\(words[0])\"", next: "ratchet --help lists the commands")
    }
    let longest = table.map(\.words.count).max() ?? 1
    let typed = named.prefix(longest).joined(separator: " ")
    return UsageError(
      "unknown command \"\(typed)\"",
      next: didYouMean(typed, among: table.map(\.name)) ?? "ratchet --help lists the commands")
  }
}
