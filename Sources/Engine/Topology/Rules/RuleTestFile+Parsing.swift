// promtool's unit-test files into values, or everything that is wrong with them.
public import Alerts
public import Basics
internal import Metrics
internal import YAML

/// The tests of a file for `promtool test rules`.
public func parseRuleTests(_ bytes: [UInt8], file: String) throws(Diagnostics) -> RuleTestFile {
  let root = try parseYAML(bytes, file: file)
  var reading = RuleTestReading(bytes, file: file)
  let tests = reading.file(root)
  try reading.rules.reader.finish()
  return tests
}

private struct RuleTestReading {
  var rules: RuleReading

  init(_ bytes: [UInt8], file: String) { rules = RuleReading(bytes, file: file) }

  mutating func file(_ root: Node) -> RuleTestFile {
    var file = RuleTestFile(ruleFiles: [], interval: .seconds(60), groupOrder: [], isFuzzy: false, tests: [])
    let known = ["rule_files", "evaluation_interval", "group_eval_order", "fuzzy_compare", "tests"]
    guard let fields = rules.reader.fields(root, of: "rule test file", known: known) else { return file }
    file.ruleFiles = texts(fields["rule_files"])
    file.groupOrder = texts(fields["group_eval_order"])
    if let node = fields["evaluation_interval"] {
      file.interval = rules.duration(node, isZeroAllowed: false) ?? .seconds(60)
    }
    if let node = fields["fuzzy_compare"] { file.isFuzzy = rules.reader.boolean(node) ?? false }
    for item in items(fields["tests"]) {
      if let test = test(item, number: file.tests.count + 1) { file.tests.append(test) }
    }
    return file
  }

  private mutating func items(_ node: Node?) -> [Node] {
    guard let node, !node.isNull else { return [] }
    return rules.reader.items(node) ?? []
  }

  private mutating func texts(_ node: Node?) -> [String] {
    items(node).compactMap { rules.reader.written($0) }
  }

  /// A mapping from names to texts; empty texts are as good as none.
  private mutating func labels(_ node: Node?) -> Labels {
    guard let node, !node.isNull else { return .none }
    return Labels(
      (rules.reader.pairs(node) ?? []).compactMap { pair in
        if pair.value.isNull { return nil }
        return rules.reader.written(pair.value).map { Label(pair.key, $0) }
      })
  }

  private mutating func test(_ node: Node, number: Int) -> RuleTest? {
    let known = [
      "name", "interval", "input_series", "promql_expr_test", "alert_rule_test", "external_labels",
      "external_url",
    ]
    guard let fields = rules.reader.fields(node, of: "test", known: known) else { return nil }
    var test = RuleTest(
      name: fields["name"].flatMap { rules.reader.written($0) } ?? "test \(number)", interval: .seconds(60),
      input: [],
      expressions: [], alerts: [], externalLabels: labels(fields["external_labels"]),
      externalURL: fields["external_url"].flatMap { rules.reader.written($0) } ?? "")
    if let node = fields["interval"] {
      test.interval = rules.duration(node, isZeroAllowed: false) ?? .seconds(60)
    }
    test.input = items(fields["input_series"]).compactMap { input($0) }
    test.expressions = items(fields["promql_expr_test"]).compactMap { expressionCase($0) }
    test.alerts = items(fields["alert_rule_test"]).compactMap { alertCase($0) }
    return test
  }

  private mutating func input(_ node: Node) -> RuleTest.Input? {
    let required = ["series", "values"]
    guard let fields = rules.reader.fields(node, of: "input series", known: required, required: required),
      let labels = fields["series"].flatMap({ series($0) }), let values = fields["values"],
      let text = rules.reader.written(values)
    else { return nil }
    do throws(ExpressionFault) {
      return RuleTest.Input(labels: labels, values: try SeriesNotation.values(text))
    } catch {
      report(error, text, values)
      return nil
    }
  }

  private mutating func series(_ node: Node) -> Labels? {
    guard let text = rules.reader.written(node) else { return nil }
    do throws(ExpressionFault) {
      return try SeriesNotation.labels(text)
    } catch {
      report(error, text, node)
      return nil
    }
  }

  private mutating func report(_ fault: ExpressionFault, _ text: String, _ node: Node) {
    let place = rules.place(of: fault.offset, in: text, at: node)
    rules.reader.report(Diagnostic(fault.what, at: place, why: fault.why, next: fault.next))
  }

  private mutating func expressionCase(_ node: Node) -> RuleTest.ExpressionCase? {
    guard
      let fields = rules.reader.fields(
        node, of: "expression test", known: ["expr", "eval_time", "exp_samples"], required: ["expr"]),
      let exprNode = fields["expr"], let expression = rules.expression(exprNode, of: "a test")
    else { return nil }
    let expected = items(fields["exp_samples"]).compactMap { sample($0) }
    return RuleTest.ExpressionCase(
      expression: expression, at: fields["eval_time"].flatMap { rules.duration($0) } ?? .zero,
      expected: expected,
      place: rules.reader.place(exprNode.position))
  }

  private mutating func sample(_ node: Node) -> VectorElement? {
    guard let fields = rules.reader.fields(node, of: "expected sample", known: ["labels", "value"]) else {
      return nil
    }
    var labels = Labels.none
    if let node = fields["labels"], !node.isNull {
      guard case .scalar(let scalar) = node.content, !scalar.text.isEmpty else {
        return VectorElement(labels: .none, value: number(fields["value"]) ?? 0)
      }
      guard let written = series(node) else { return nil }
      labels = written
    }
    return number(fields["value"]).map { VectorElement(labels: labels, value: $0) }
  }

  /// YAML's numbers, infinities included.
  private mutating func number(_ node: Node?) -> Double? {
    guard let node, let text = rules.reader.written(node) else { return node == nil ? 0 : nil }
    switch text.lowercased() {
    case ".inf", "+.inf", "inf", "+inf": return .infinity
    case "-.inf", "-inf": return -.infinity
    case ".nan", "nan": return .nan
    default: break
    }
    if let number = Double(text) { return number }
    rules.reader.report("expected a number, found \"\(text)\"", at: node.position)
    return nil
  }

  private mutating func alertCase(_ node: Node) -> RuleTest.AlertCase? {
    guard
      let fields = rules.reader.fields(
        node, of: "alert test", known: ["eval_time", "alertname", "exp_alerts"], required: ["alertname"]),
      let nameNode = fields["alertname"], let name = rules.reader.written(nameNode)
    else { return nil }
    let expected = items(fields["exp_alerts"]).compactMap { node -> RuleTest.AlertCase.Firing? in
      if node.isNull { return RuleTest.AlertCase.Firing(labels: .none, annotations: .none) }
      guard
        let fields = rules.reader.fields(
          node, of: "expected alert", known: ["exp_labels", "exp_annotations"])
      else { return nil }
      return RuleTest.AlertCase.Firing(
        labels: labels(fields["exp_labels"]), annotations: labels(fields["exp_annotations"]))
    }
    return RuleTest.AlertCase(
      name: name, at: fields["eval_time"].flatMap { rules.duration($0) } ?? .zero, expected: expected,
      place: rules.reader.place(nameNode.position))
  }
}
