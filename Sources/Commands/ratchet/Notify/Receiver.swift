// Who is told of alerts, and how it is written: Alertmanager's API v2, or a webhook that takes JSON. Plain
// http: PagerDuty, Slack and e-mail are Alertmanager's routes, and TLS is its affair.
import Alerts
import Basics
import HTTP
import Metrics

/// A receiver of notices.
struct Receiver: Equatable {
  enum Kind: String { case alertmanager, webhook }

  var kind: Kind
  var address: HTTPAddress

  /// Whom --alertmanager or --webhook names; nil: nobody.
  static func chosen(_ arguments: Arguments) throws(UsageError) -> Receiver? {
    let (alertmanager, webhook) = (arguments.text("alertmanager"), arguments.text("webhook"))
    if alertmanager != nil, webhook != nil {
      throw UsageError("one receiver and no two", at: "--webhook", why: "--alertmanager is there too")
    }
    if let alertmanager { return try Receiver(.alertmanager, alertmanager) }
    return try webhook.map { (text) throws(UsageError) in try Receiver(.webhook, text) }
  }

  /// Without an address of its own path, Alertmanager's.
  init(_ kind: Kind, _ text: String) throws(UsageError) {
    guard var address = HTTPAddress(text) else {
      throw UsageError(
        "\"\(text)\" is no http:// address", at: "--\(kind.rawValue)",
        why: text.hasPrefix("https:") ? "TLS is not spoken here" : nil,
        next: "put Alertmanager, or a proxy, beside this process and name that: http://127.0.0.1:9093")
    }
    if kind == .alertmanager, address.path == "/" { address.path = "/api/v2/alerts" }
    (self.kind, self.address) = (kind, address)
  }

  /// The key under which `notified` keeps that it knows of an alert.
  func key(of id: String) -> String { "\(address) \(id)" }

  /// The alert of such a key; nil of another receiver's.
  func alert(ofKey key: String) -> String? {
    let mine = "\(address) "
    return key.hasPrefix(mine) ? String(key.dropFirst(mine.count)) : nil
  }

  /// How long Alertmanager believes a firing alert without hearing of it again: several resends.
  static let belief = Duration.seconds(300)
  private static let patience = Duration.seconds(10)

  /// Tells it, or throws why it did not hear. `outcome` is called with what it has taken, and what it refuses
  /// (status 4xx) with its words: of many alerts in one body each alone, because one that it cannot read
  /// would hold up all others.
  func tell(
    firing: [AlertNotice], resolved: [AlertNotice], at now: Timestamp,
    _ outcome: (_ firing: [AlertNotice], _ resolved: [AlertNotice], _ refusal: String?) -> Void
  ) throws(HTTPFailure) {
    let response = try HTTPClient.send(
      "POST", to: address, headers: [("Content-Type", "application/json")],
      body: body(firing, resolved, now), timeout: Self.patience)
    if (200..<300).contains(response.status) { return outcome(firing, resolved, nil) }
    let said = String(decoding: response.body.prefix(200), as: UTF8.self)
    let answer = "\(address) answered \(response.status): \(said)"
    guard (400..<500).contains(response.status), response.status != 429 else {
      throw HTTPFailure(what: answer)
    }
    if firing.count + resolved.count == 1 { return outcome(firing, resolved, answer) }
    for notice in firing { try tell(firing: [notice], resolved: [], at: now, outcome) }
    for notice in resolved { try tell(firing: [], resolved: [notice], at: now, outcome) }
  }

  func body(_ firing: [AlertNotice], _ resolved: [AlertNotice], _ now: Timestamp) -> [UInt8] {
    var json: [UInt8] = Array(kind == .webhook ? "{\"version\":1,\"alerts\":[".utf8 : "[".utf8)
    for (index, notice) in (firing + resolved).enumerated() {
      if index > 0 { json.append(UInt8(ascii: ",")) }
      let isOver = index >= firing.count
      json += "{\"labels\":".utf8
      json.appendJSON(notice.labels.filter { !$0.value.isEmpty }.asLabels)
      json += ",\"annotations\":".utf8
      json.appendJSON(notice.annotations.asLabels)
      json += ",\"startsAt\":\"\(notice.startsAt)\",\"endsAt\":\"\(isOver ? now : now + Self.belief)\"".utf8
      if kind == .webhook {
        json += ",\"id\":".utf8
        json.appendJSON(notice.id)
        json += ",\"status\":\"\(isOver ? "resolved" : "firing")\"".utf8
      }
      json.append(UInt8(ascii: "}"))
    }
    return json + Array(kind == .webhook ? "]}".utf8 : "]".utf8)
  }
}

extension [(name: String, value: String)] {
  fileprivate var asLabels: [Label] { map { Label($0.name, $0.value) } }
}

/// A notice as the topic `notified` keeps it.
extension AlertNotice {
  var json: [UInt8] {
    var json: [UInt8] = Array("{\"alert_id\":".utf8)
    json.appendJSON(id)
    json += ",\"labels\":".utf8
    json.appendJSON(labels.asLabels)
    json += ",\"annotations\":".utf8
    json.appendJSON(annotations.asLabels)
    json += ",\"active_since\":".utf8
    json.appendJSON(startsAt)
    return json + [UInt8(ascii: "}")]
  }

  /// From a record of `notified` or `alert-states`; nil when it is none, or not firing.
  init?(_ id: String, _ leaves: JSONLeaves) {
    guard let startsAt = leaves["active_since"], leaves["state"] ?? "firing" == "firing" else { return nil }
    self.init(
      id: id, labels: leaves.members(of: "labels"), annotations: leaves.members(of: "annotations"),
      startsAt: startsAt)
  }
}
