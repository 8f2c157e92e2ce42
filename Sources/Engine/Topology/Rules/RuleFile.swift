// A Prometheus rule file into rule groups, or everything that is wrong with it, each finding at its own
// place: also the one in the middle of an expression or a template.
public import Alerts
public import Basics
internal import Metrics
internal import YAML

/// The groups of a rule file, in its order. `file` names it in diagnostics and in alerts' identities.
public func parseRules(_ bytes: [UInt8], file: String) throws(Diagnostics) -> [RuleGroup] {
  let root = try parseYAML(bytes, file: file)
  var reading = RuleReading(bytes, file: file)
  var groups: [RuleGroup] = []
  if let fields = reading.reader.fields(root, of: "rule file", known: ["groups"]), let node = fields["groups"]
  {
    for item in reading.reader.items(node) ?? [] {
      if let group = reading.group(item) { groups.append(group) }
    }
  }
  try reading.reader.finish()
  return groups
}

struct RuleReading {
  var reader: StrictReader
  private let places: ScalarPlace
  private var groupNames: Set<String> = []

  init(_ bytes: [UInt8], file: String) {
    reader = StrictReader(file: file)
    places = ScalarPlace(bytes, file: file)
  }

  // MARK: Groups

  mutating func group(_ node: Node) -> RuleGroup? {
    let known = ["name", "interval", "query_offset", "limit", "labels", "rules"]
    guard let fields = reader.fields(node, of: "rule group", known: known, required: ["name"]) else {
      return nil
    }
    guard let nameNode = fields["name"], let name = reader.written(nameNode) else { return nil }
    if !groupNames.insert(name).inserted {
      reader.report(
        "a second group named \"\(name)\"", at: nameNode.position, why: "names of groups are unique in a file"
      )
    }
    var group = RuleGroup(name: name, file: reader.file, rules: [])
    if let node = fields["interval"] { group.interval = duration(node, isZeroAllowed: false) }
    if let node = fields["query_offset"] { group.queryOffset = duration(node) ?? .zero }
    if let node = fields["limit"] { group.limit = reader.integer(node, in: 0...1_000_000) ?? 0 }
    let shared = fields["labels"].map { labels($0, ofAlert: false) } ?? []
    var seen: [[String]: Position] = [:]
    for item in fields["rules"].flatMap({ reader.items($0) }) ?? [] {
      guard let rule = rule(item, sharing: shared) else { continue }
      // Two rules with one name and the same labels write or fire the same thing twice.
      let identity = [rule.name] + rule.labels.flatMap { [$0.name, $0.value.text] }.sorted()
      if let first = seen.updateValue(seen[identity] ?? item.position, forKey: identity) {
        reader.report(
          "a second rule \"\(rule.name)\" with the same labels", at: item.position,
          why: "the first stands at \(first)")
      }
      group.rules.append(rule)
    }
    return group
  }

  private mutating func rule(_ node: Node, sharing shared: [Rule.TemplatedLabel]) -> Rule? {
    let known = ["record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"]
    guard let fields = reader.fields(node, of: "rule", known: known, required: ["expr"]) else { return nil }
    guard (fields["alert"] == nil) != (fields["record"] == nil),
      let nameNode = fields["alert"] ?? fields["record"]
    else {
      reader.report(
        fields["alert"] == nil
          ? "a rule without \"alert\" and \"record\"" : "a rule with both \"alert\" and \"record\"",
        at: node.position, why: "it is one or the other")
      return nil
    }
    guard let name = reader.written(nameNode) else { return nil }
    let isAlert = fields["alert"] != nil
    if !isAlert, !Label.isMetricName(name) {
      reader.report(
        "invalid name of a recorded series \"\(name)\"", at: nameNode.position,
        why: "it has letters, digits, _ and :, and does not begin with a digit")
    }
    for key in ["for", "keep_firing_for", "annotations"] where !isAlert {
      guard let node = fields[key] else { continue }
      reader.report(
        "\"\(key)\" of a recording rule", at: node.position, why: "only alerts have it", next: "leave it out")
    }
    let own = fields["labels"].map { labels($0, ofAlert: isAlert) } ?? []
    let merged = shared.filter { one in !own.contains { $0.name == one.name } } + own
    let owner = isAlert ? "alert \"\(name)\"" : "recording rule \"\(name)\""
    let terms = Rule.AlertTerms(
      holdTime: fields["for"].flatMap { duration($0) } ?? .zero,
      keepFiringFor: fields["keep_firing_for"].flatMap { duration($0) } ?? .zero,
      annotations: isAlert ? fields["annotations"].map { annotations($0) } ?? [] : [])
    guard let expression = fields["expr"].flatMap({ expression($0, of: owner) }) else { return nil }
    return Rule(
      name: name, expression: expression, labels: merged, action: isAlert ? .alert(terms) : .record,
      place: reader.place(nameNode.position))
  }

  // MARK: Parts

  mutating func expression(_ node: Node, of owner: String) -> Expression? {
    guard let text = reader.written(node) else { return nil }
    do throws(ExpressionFault) {
      let expression = try Expression(text)
      guard expression.isVectorOrScalar else {
        throw expression.unsuited
      }
      return expression
    } catch {
      let place = places.place(of: error.offset, in: text, at: node.position)
      reader.report(
        Diagnostic("\(error.what) in expression of \(owner)", at: place, why: error.why, next: error.next))
      return nil
    }
  }

  private mutating func labels(_ node: Node, ofAlert isAlert: Bool) -> [Rule.TemplatedLabel] {
    var labels: [Rule.TemplatedLabel] = []
    for pair in reader.pairs(node) ?? [] {
      guard Label.isName(pair.key), pair.key != Label.metricName else {
        reader.report(
          "invalid label \"\(pair.key)\"", at: pair.keyPosition,
          why: "a label has letters, digits and _, does not begin with a digit, and is not __name__")
        continue
      }
      guard let text = reader.written(pair.value) else { continue }
      // A recording rule's labels are taken as they are.
      let template =
        isAlert ? self.template(text, of: "label \"\(pair.key)\"", at: pair.value) : try? Template(text)
      if let template { labels.append(Rule.TemplatedLabel(name: pair.key, value: template)) }
    }
    return labels
  }

  private mutating func annotations(_ node: Node) -> [Rule.TemplatedLabel] {
    var annotations: [Rule.TemplatedLabel] = []
    for pair in reader.pairs(node) ?? [] {
      guard Label.isName(pair.key) else {
        reader.report(
          "invalid annotation \"\(pair.key)\"", at: pair.keyPosition, why: "it is named as labels are")
        continue
      }
      guard let text = reader.written(pair.value),
        let template = template(text, of: "annotation \"\(pair.key)\"", at: pair.value)
      else { continue }
      annotations.append(Rule.TemplatedLabel(name: pair.key, value: template))
    }
    return annotations
  }

  private mutating func template(_ text: String, of owner: String, at node: Node) -> Template? {
    do throws(Template.Fault) {
      return try Template(text)
    } catch {
      let place = places.place(of: error.offset, in: text, at: node.position)
      reader.report(Diagnostic("\(error.what) in \(owner)", at: place, next: error.next))
      return nil
    }
  }

  mutating func duration(_ node: Node, isZeroAllowed: Bool = true) -> Duration? {
    guard let text = reader.written(node) else { return nil }
    if let duration = text == "0" ? .zero : parseDuration(text), isZeroAllowed || duration > .zero {
      return duration
    }
    reader.report(
      "invalid duration \"\(text)\"", at: node.position,
      why: "a duration is a number with a unit: 500ms, 30s, 15m, 12h, 7d, 1h30m")
    return nil
  }

  func place(of offset: Int, in text: String, at node: Node) -> Diagnostic.Place {
    places.place(of: offset, in: text, at: node.position)
  }
}
