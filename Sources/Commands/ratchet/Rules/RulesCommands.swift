// `ratchet rules`: rule files checked, tested and explained without anything running.
import Alerts
import Basics
import Metrics
import Topology

extension Command {
  static let rulesCheck = Command(
    name: "rules check", summary: "check rule files: expressions, templates, names, durations",
    operands: [Operand(name: "PATH", summary: "a Prometheus rule file, or a folder of them")],
    notes: """
      Findings say file, line and column, also within an expression. What promtool check rules accepts is
      accepted, and the group keys query_offset and labels of Prometheus 3.
      exit codes: 0 all files are good, 1 some are not
      """
  ) { arguments in
    var findings: [Diagnostic] = []
    for path in try RuleFiles.rulePaths(arguments.text("PATH") ?? "") {
      do throws(Diagnostics) {
        let groups = try parseRules(try bytes(of: path), file: path)
        let rules = groups.flatMap(\.rules)
        print("\(path): \(rules.count { $0.isAlert }) alerts, \(rules.count { !$0.isAlert }) recorded series")
      } catch {
        findings += error.all
      }
    }
    guard findings.isEmpty else { throw Diagnostics(findings) }
    return .success
  }

  static let rulesTest = Command(
    name: "rules test", summary: "run unit tests of rules, written for promtool test rules",
    operands: [Operand(name: "PATH", summary: "a test file, or a folder of them")],
    notes: """
      Same files and same verdicts as promtool test rules; docs/promql.md lists where Prometheus 2 differs.
      exit codes: 0 all tests pass, 1 some do not or a file cannot be read
      """
  ) { arguments in
    var failed = 0
    for path in try RuleFiles.paths(arguments.text("PATH") ?? "") {
      let file = try parseRuleTests(try bytes(of: path), file: path)
      let failures = file.failures(groups: try RuleFiles.groups(of: file, at: path))
      print("\(path): \(failures.isEmpty ? "SUCCESS" : "FAILED") (\(file.tests.count) tests)")
      for failure in failures { print(text(failure)) }
      failed += failures.count
    }
    return failed == 0 ? .success : .failure
  }

  static let rulesExplain = Command(
    name: "rules explain", summary: "show step by step how an expression comes to its value",
    operands: [Operand(name: "EXPRESSION", summary: "in PromQL")],
    options: [
      Option(name: "series", value: "FILE", summary: "a test file; the series are its first test's"),
      Option(
        name: "at", value: "DURATION", summary: "when, counted from the test's beginning", fallback: "0s"),
      Option(name: "limit", value: "N", summary: "how many elements of a step are shown", fallback: "10"),
      Option(name: "organization", value: "NAME", summary: "whose series; without it the platform's"),
      prefixOption, inputsOption,
    ] + BrokerConnection.options(isRequired: false),
    notes: """
      With --bootstrap the past is folded up to now, by the code that folds live, and the parts are what \
      they are at
      the last instant. Nothing is published.
      """
  ) { arguments in
    let text = arguments.text("EXPRESSION") ?? ""
    if arguments.text("series") == nil { return try explainPresent(text, arguments) }
    let expression: Expression
    do throws(ExpressionFault) { expression = try Expression(text) } catch {
      throw diagnostic(error, in: text)
    }
    let path = arguments.text("series") ?? ""
    let file = try parseRuleTests(try bytes(of: path), file: path)
    guard let at = parseDuration(arguments.text("at") ?? "") else {
      throw UsageError(
        "\"\(arguments.text("at") ?? "")\" is no duration", at: "--at", next: "as 90s, 10m or 1h30m")
    }
    let limit = try arguments.integer("limit", in: 1...100_000) ?? 10
    let series = file.tests.first.map(\.series) ?? []
    let options = QueryOptions(subqueryStep_ms: file.interval.milliseconds)
    do throws(EvaluationFault) {
      let steps = try expression.explained(
        at: EventTime(milliseconds: at.milliseconds), of: SeriesTable(series), options: options)
      for (index, step) in steps.enumerated() {
        print("\(index + 1). \(step.text)")
        for line in step.value.lines(limit: limit) { print("     \(line)") }
      }
    } catch {
      throw diagnostic(ExpressionFault(error.what, at: error.offset), in: text)
    }
    return .success
  }
}

private func bytes(of path: String) throws(Diagnostics) -> [UInt8] {
  do throws(Diagnostic) { return try readBytes(path, limit: RuleFiles.bytesMax) } catch {
    throw Diagnostics([error])
  }
}

func diagnostic(_ fault: ExpressionFault, in text: String) -> Diagnostic {
  let position = fault.position(in: text)
  return Diagnostic(
    fault.what, at: .file("expression", line: position.line, column: position.column), why: fault.why,
    next: fault.next)
}

private func text(_ failure: RuleTestFailure) -> String {
  var lines = ["  \(failure.place.map { "\($0): " } ?? "")\(failure.test): \(failure.what)"]
  for (title, elements) in [("expected", failure.expected), ("found", failure.found)] {
    lines.append("    \(title): \(elements.isEmpty ? "nothing" : elements.joined(separator: ", "))")
  }
  return lines.joined(separator: "\n")
}
