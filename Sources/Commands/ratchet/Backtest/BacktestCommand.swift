// ratchet backtest: what would have been decided, had other rules been in force.
import Basics
import Kafka

extension Command {
  static let backtest = Command(
    name: "backtest", summary: "decide history once more under other policies, and show the difference",
    options: [
      Option(name: "policies", value: "DIR", summary: "a folder of rollout policies", isRequired: true),
      prefixOption,
    ] + BrokerConnection.options(isRequired: true),
    notes: """
      Each deployment's decisions: unmarked where both agree, - for what was decided only then, + for what
      would be decided only now. Executors are taken to carry everything out at once; what a candidate would
      have measured with traffic that it never had is not known. Nothing is published.
      """
  ) { arguments in
    guard let client = try BrokerConnection.configuration(arguments) else {
      throw UsageError("--bootstrap HOST:PORT is missing")
    }
    return try backtestPolicies(
      in: arguments.text("policies") ?? "", prefix: arguments.text("prefix") ?? "", client)
  }
}
