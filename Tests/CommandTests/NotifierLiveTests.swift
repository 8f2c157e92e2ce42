// The notifier with Debian's own Alertmanager on loopback: alert states as `metrics` writes them on one side,
// receivers behind the routes of deploy/alertmanager.yml on the other.
import Basics
import Foundation
import HTTP
import Kafka
import POSIX
import Synchronization
import Testing

@testable import ratchet

private let alertmanager = "/usr/bin/prometheus-alertmanager"

private func within(_ what: String, limit: Duration = .seconds(20), _ condition: () throws -> Bool) throws {
  let deadline = ContinuousClock.now + limit
  while !(try condition()) {
    guard ContinuousClock.now < deadline else {
      Issue.record("not within \(limit): \(what)")
      return
    }
    pauseThread(.milliseconds(20))
  }
}

/// What receivers have been told, by their names.
private final class HeardAlerts: Sendable {
  private let all = Mutex<[String: Set<String>]>([:])

  func note(_ request: HTTPRequest) {
    let body = try? JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any]
    for alert in body?["alerts"] as? [[String: Any]] ?? [] {
      let name = (alert["labels"] as? [String: String])?["alertname"] ?? "?"
      let text = "\(name) \(alert["status"] as? String ?? "?")"
      all.withLock { _ = $0["\(request.path.dropFirst())", default: []].insert(text) }
    }
  }

  func of(_ receiver: String) -> Set<String> { all.withLock { $0[receiver] ?? [] } }
  func forget() { all.withLock { $0 = [:] } }
}

/// What stands behind the routes: a webhook a receiver, by its path.
private struct Receivers {
  private let alerts = HeardAlerts()
  let server: HTTPServer

  init() throws {
    server = try HTTPServer(host: "127.0.0.1", port: 0) { [alerts] request in
      alerts.note(request)
      return HTTPResponse()
    }
  }

  func heard(by receiver: String) -> Set<String> { alerts.of(receiver) }
  func forget() { alerts.forget() }
}

/// What every task has committed up to.
private final class RecordedClock: Sendable {
  private let shared = Mutex(systemTime())
  var time: Timestamp {
    get { shared.withLock { $0 } }
    set { shared.withLock { $0 = newValue } }
  }
}

/// A broker, an Alertmanager and a notifier that believes to run all tasks of `metrics`.
private final class NotifierWorld {
  let broker: CommandBroker
  let receivers: Receivers
  private let port: UInt16
  private var judge: ChildProcess?
  private var notifier: Notifier?
  let clock = RecordedClock()

  init() throws {
    broker = try CommandBroker()
    receivers = try Receivers()
    port = try freePort()
    try startAlertmanager()
    startNotifier()
  }

  func startAlertmanager() throws {
    let config = try broker.file("alertmanager.yml", try Self.config(receivers.server.port))
    let storage = broker.folder.appendingPathComponent("alertmanager-\(UUID().uuidString)").path
    judge = try ChildProcess(
      alertmanager,
      [
        "--config.file=\(config)", "--storage.path=\(storage)", "--web.listen-address=127.0.0.1:\(port)",
        "--cluster.listen-address=",
      ], output: broker.folder.appendingPathComponent("alertmanager.log").path)
  }

  func killAlertmanager() { judge = nil }

  /// The shipped routes and inhibitions, with less patience and a webhook for each receiver.
  private static func config(_ port: UInt16) throws -> String {
    let root = URL(fileURLWithPath: topologyFolder).deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent("deploy/alertmanager.yml"), encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let routes = lines.drop { $0 != "route:" }.prefix { $0 != "receivers:" }
    let names = lines.compactMap { $0.firstMatch(of: /^  - name: (.+)$/).map { String($0.1) } }
    let patience = ["group_wait: 10s": "group_wait: 100ms", "group_interval: 1m": "group_interval: 500ms"]
    return routes.map { line in
      patience.reduce(line) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
    }.joined(separator: "\n") + "\nreceivers:\n"
      + names.map {
        "  - name: \($0)\n    webhook_configs: [{send_resolved: true, url: 'http://127.0.0.1:\(port)/\($0)'}]"
          + "\n"
      }.joined()
  }

  func startNotifier() {
    guard let receiver = try? Receiver(.alertmanager, "http://127.0.0.1:\(port)") else { return }
    notifier = try? Notifier(
      Notifier.Settings(client: broker.client, prefix: "ratchet", receiver: receiver, resend: .seconds(1)),
      owned: { [clock] in
        Dictionary(uniqueKeysWithValues: (0..<4).map { (PartitionID($0), clock.time) })
      },
      Logger(service: "test", version: "0", write: { _ in }))
  }

  func endNotifier() {
    notifier?.end()
    notifier = nil
  }

  func end() {
    endNotifier()
    judge = nil
    receivers.server.stop()
  }

  /// An alert as the projection has it; nil: it is no more.
  func set(_ id: String, _ labels: [String: String]?) throws {
    guard let labels else { return try broker.publish("alert-states", [(id, nil)]) }
    let value: [String: Any] = [
      "schema_version": 1, "organization": "platform", "id": id, "rule": labels["alertname"] ?? "",
      "state": "firing", "value": 1, "active_since": "2026-01-31T09:00:00.000Z", "labels": labels,
      "annotations": ["summary": "it is so"],
    ]
    try broker.publish("alert-states", [(id, Array(try JSONSerialization.data(withJSONObject: value)))])
  }

  /// Whether Alertmanager holds the alert as active.
  func isActive(_ name: String) -> Bool {
    guard let address = HTTPAddress("http://127.0.0.1:\(port)/api/v2/alerts"),
      let answer = try? HTTPClient.send("GET", to: address, timeout: .seconds(5)),
      let alerts = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [[String: Any]]
    else { return false }
    return alerts.contains { ($0["labels"] as? [String: String])?["alertname"] == name }
  }
}

@Suite(
  "The notifier with a real Alertmanager",
  .enabled(if: isExecutable(alertmanager), "prometheus-alertmanager is not installed: .ci/setup test does"),
  .serialized)
struct NotifierLiveTests {
  @Test("each rule's alert reaches the receivers that its channel names, and no other")
  func channels() throws {
    let world = try NotifierWorld()
    defer { world.end() }
    let rules = try shippedChannels()
    #expect(rules.count > 29)
    for (number, rule) in rules.enumerated() {
      // Alerts of one organization inhibit each other.
      let labels = [
        "alertname": rule.alert, "severity": "info", "channel": rule.channel, "organization": "o-\(number)",
      ]
      try world.set("id-\(number)", labels)
    }
    var wanted: [String: Set<String>] = [:]
    for rule in rules {
      for receiver in rule.channel.split(separator: ",") {
        wanted["\(receiver)", default: []].insert("\(rule.alert) firing")
      }
    }
    for (receiver, alerts) in wanted {
      try within("\(receiver) hears") { world.receivers.heard(by: receiver).isSuperset(of: alerts) }
      #expect(world.receivers.heard(by: receiver) == alerts)
    }
  }

  @Test("an alert is told, told to be over at once, and silenced by a graver one of its organization")
  func life() throws {
    let world = try NotifierWorld()
    defer { world.end() }
    func labels(_ name: String) -> [String: String] {
      ["alertname": name, "channel": "slack", "organization": "acme", "queue": "q", "severity": "warning"]
    }
    try world.set("critical", labels("CriticalQueueLength"))
    try within("the graver one") {
      world.receivers.heard(by: "slack").contains("CriticalQueueLength firing")
    }
    try world.set("high", labels("HighQueueLength"))
    try world.set("other", labels("HighAPILatency"))
    try within("the other one") { world.receivers.heard(by: "slack").contains("HighAPILatency firing") }
    #expect(!world.receivers.heard(by: "slack").contains("HighQueueLength firing"))
    try world.set("critical", nil)
    try within("it is over") { world.receivers.heard(by: "slack").contains("CriticalQueueLength resolved") }
    try within("what it inhibited") { world.receivers.heard(by: "slack").contains("HighQueueLength firing") }
  }

  @Test("an Alertmanager that lost everything, and a notifier that was away, both catch up")
  func restarts() throws {
    let world = try NotifierWorld()
    defer { world.end() }
    func labels(_ name: String) -> [String: String] {
      ["alertname": name, "channel": "slack", "organization": name, "severity": "warning"]
    }
    try world.set("a", labels("A"))
    try within("A is told") { world.receivers.heard(by: "slack").contains("A firing") }
    world.killAlertmanager()
    world.receivers.forget()
    try world.startAlertmanager()
    try within("A is told again") { world.isActive("A") }
    world.endNotifier()
    try world.set("a", nil)
    try world.set("b", labels("B"))
    world.startNotifier()
    try within("B began meanwhile") { world.receivers.heard(by: "slack").contains("B firing") }
    try within("A is over since") { world.receivers.heard(by: "slack").contains("A resolved") }
  }

  @Test("nobody is told of history: what fires before recorded time is near waits")
  func history() throws {
    let world = try NotifierWorld()
    defer { world.end() }
    world.clock.time = systemTime() - .seconds(3600)
    try world.set("old", ["alertname": "Old", "channel": "slack", "organization": "acme"])
    try world.set("now", ["alertname": "Now", "channel": "slack", "organization": "acme"])
    // Several turns of the notifier, if they come in time: the fewer, the less is seen.
    pauseThread(.seconds(1))
    #expect(world.receivers.heard(by: "slack").isEmpty)
    // The next notifier reads to the end before it tells anything.
    world.endNotifier()
    try world.set("old", nil)
    world.clock.time = systemTime()
    world.startNotifier()
    try within("what fires then") { world.receivers.heard(by: "slack").contains("Now firing") }
    #expect(!world.receivers.heard(by: "slack").contains { $0.hasPrefix("Old") })
  }

  private func shippedChannels() throws -> [(alert: String, channel: String)] {
    let folder = URL(fileURLWithPath: topologyFolder).appendingPathComponent("rules/platform")
    var found: [(alert: String, channel: String)] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
      let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      var alert = ""
      for line in text.split(separator: "\n") {
        if let match = line.firstMatch(of: /- alert: (\w+)/) { alert = String(match.1) }
        if let match = line.firstMatch(of: /channel: "([^"]+)"/) { found.append((alert, String(match.1))) }
      }
    }
    return found
  }
}

/// A port that nobody listens on just now.
private func freePort() throws -> UInt16 {
  let server = try HTTPServer(host: "127.0.0.1", port: 0) { _ in
    HTTPResponse()
  }
  defer { server.stop() }
  return server.port
}
