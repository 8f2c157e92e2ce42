// The product's front door: reads the command line, carries the command out, answers with an exit code.
import Basics
import POSIX

@main
struct Ratchet {
  static func main() {
    endProcess(with: status(of: Array(CommandLine.arguments.dropFirst())).code)
  }

  private static func status(of words: [String]) -> ExitStatus {
    do {
      switch try Invocation(words, among: commandTable, environment: environmentVariable) {
      case .help(let text):
        print(text)
        return .success
      case .run(let command, let arguments):
        return try command.run(arguments)
      }
    } catch {
      writeToStandardError(Array("\(error)\n".utf8))
      return error is UsageError ? .usage : .failure
    }
  }
}
