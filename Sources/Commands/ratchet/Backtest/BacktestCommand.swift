// ratchet backtest: what would have been decided, had other rules been in force.
import Basics
import Kafka

extension Command {
  static let backtest = Command(
    name: "backtest",
    summary: "decide history once more under other policies or rules, and show the difference",
    options: [
      Option(name: "policies", value: "DIR", summary: "a folder of rollout policies"),
      Option(name: "rules", value: "DIR", summary: "a folder of alert rules, like topology/rules"),
      Option(
        name: "from", value: "TIME",
        summary: "of rules, the first moment shown: 2026-03-01 or 2026-03-01T12:00Z"),
      Option(name: "to", value: "TIME", summary: "of rules, the first moment that is not shown any more"),
      Option(name: "against", value: "recorded", summary: "of rules, show the difference to what was told"),
      Option(name: "all", summary: "of rules, show pending and inactive too, not only firing and resolved"),
      prefixOption, inputsOption,
    ] + BrokerConnection.options(isRequired: true),
    notes: """
      Policies: each deployment's decisions, unmarked where both agree, - for what was decided only \
      then, + for
      what would be decided only now. Executors are taken to carry everything out at once; what a candidate
      would have measured with traffic that it never had is not known.
      Rules: the past is folded from its beginning, by the code that folds live, with the files of DIR in the
      place of those that were in force: + would have come, - would not, ~ at another time. State is kept in
      memory.
      Exit codes: 0 no difference (or none asked for), 1 differences, 2 cannot say. Nothing is published.
      """
  ) { arguments in
    guard let client = try BrokerConnection.configuration(arguments) else {
      throw UsageError("--bootstrap HOST:PORT is missing")
    }
    switch (arguments.text("policies"), arguments.text("rules")) {
    case (let folder?, nil):
      let prefix = arguments.text("prefix") ?? ""
      return try backtestPolicies(
        in: folder, prefix: prefix, inputs: try inputsPrefix(arguments) ?? prefix, client)
    case (nil, .some): return try backtestRules(arguments)
    default: throw UsageError("one of --policies DIR and --rules DIR is needed")
    }
  }
}
