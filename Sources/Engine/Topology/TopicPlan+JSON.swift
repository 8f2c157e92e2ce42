// The plan as programs read it: one object, members and settings in a fixed order.
import Basics

extension TopicPlan {
  /// `{"prefix":...,"create":[...],"change":[...],"refuse":[...],"unchanged":[...],"undeclared":[...]}`
  public var json: String {
    let members = [
      ("prefix", quoted(prefix)), ("create", array(creations.map(\.json))),
      ("change", array(changes.map(\.json))), ("refuse", array(refusals.map(\.json))),
      ("unchanged", array(unchanged.map(quoted))), ("undeclared", array(undeclared.map(quoted))),
    ]
    return object(members)
  }
}

extension TopicPlan.Creation {
  fileprivate var json: String {
    let settings = declaration.settings.sorted(by: <).map { ($0.key, quoted($0.value)) }
    return object([
      ("name", quoted(name)), ("partitions", String(declaration.partitions)), ("settings", object(settings)),
    ])
  }
}

extension TopicPlan.Change {
  fileprivate var json: String {
    let settings = differences.map { setting in
      object([
        ("name", quoted(setting.name)), ("from", setting.from.map(quoted) ?? "null"),
        ("to", quoted(setting.to)),
      ])
    }
    return object([("name", quoted(name)), ("settings", array(settings))])
  }
}

extension TopicPlan.Refusal {
  fileprivate var json: String {
    object([
      ("name", quoted(name)), ("what", quoted(diagnostic.what)),
      ("why", diagnostic.why.map(quoted) ?? "null"),
      ("next", diagnostic.next.map(quoted) ?? "null"),
    ])
  }
}

private func quoted(_ text: String) -> String {
  var bytes: [UInt8] = []
  bytes.appendJSON(text)
  return String(decoding: bytes, as: UTF8.self)
}

private func array(_ elements: [String]) -> String { "[\(elements.joined(separator: ","))]" }

private func object(_ members: [(String, String)]) -> String {
  "{\(members.map { "\(quoted($0.0)):\($0.1)" }.joined(separator: ","))}"
}
