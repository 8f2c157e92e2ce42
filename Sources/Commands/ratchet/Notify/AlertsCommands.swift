// ratchet alerts: what is pending or firing now, and a test alert for each channel.
import Basics
import HTTP
import Kafka

extension Command {
  static let alertsList = Command(
    name: "alerts list", summary: "what is pending or firing now",
    options: [prefixOption] + BrokerConnection.options(isRequired: true), run: runAlertsList)

  static let alertsTest = Command(
    name: "alerts test", summary: "send a test alert, so that somebody sees whether a channel works",
    options: [
      Option(name: "alertmanager", value: "URL", summary: "Alertmanager: http://127.0.0.1:9093"),
      Option(name: "webhook", value: "URL", summary: "a webhook that takes JSON"),
      Option(name: "channel", value: "NAME", summary: "as rules name it", fallback: "slack"),
      Option(name: "severity", value: "WORD", summary: "critical, warning or info", fallback: "info"),
    ], run: runAlertsTest)
}

private func runAlertsList(_ arguments: Arguments) throws -> ExitStatus {
  let client = try BrokerConnection.configuration(arguments) ?? [:]
  let follower = try TopicFollower(
    ["alert-states"], prefix: arguments.text("prefix") ?? "ratchet", client)
  var alerts: [String: JSONLeaves] = [:]
  let deadline = ContinuousClock.now + .seconds(30)
  while !follower.hasCaughtUp, ContinuousClock.now < deadline {
    try follower.turn(.milliseconds(100)) { alerts[$0.key] = $0.leaves }
  }
  guard follower.hasCaughtUp else {
    throw Diagnostic(
      "alert states cannot be read to their end", next: "is a broker slow, or a transaction open?")
  }
  var rows = [["alert", "state", "severity", "value", "since", "labels"]]
  let sorted = alerts.values.sorted {
    ($0["rule"] ?? "", $0["at"] ?? "") < ($1["rule"] ?? "", $1["at"] ?? "")
  }
  for alert in sorted {
    let labels = alert.members(of: "labels").filter {
      !["alertname", "severity", "channel"].contains($0.name)
    }
    rows.append([
      alert["rule"] ?? "?", alert["state"] ?? "?", alert["labels.severity"] ?? "-", alert["value"] ?? "?",
      alert["active_since"] ?? "?", labels.map { "\($0.name)=\($0.value)" }.joined(separator: " "),
    ])
  }
  print(rows.count == 1 ? "no alert is pending or firing" : columns(rows, words: 6).joined(separator: "\n"))
  return .success
}

/// R9.35.
private func runAlertsTest(_ arguments: Arguments) throws -> ExitStatus {
  guard let receiver = try Receiver.chosen(arguments) else {
    throw UsageError("--alertmanager URL or --webhook URL is missing")
  }
  let channel = arguments.text("channel") ?? ""
  let now = systemTime()
  let notice = AlertNotice(
    id: "test-\(now.rawValue)",
    labels: [
      ("alertname", "RatchetTest"), ("channel", channel), ("severity", arguments.text("severity") ?? ""),
      ("organization", "platform"),
    ],
    annotations: [("summary", "a test alert, sent by hand to see whether \(channel) works")],
    startsAt: now.description)
  var fault: String?
  do throws(HTTPFailure) { try receiver.tell(firing: [notice], resolved: [], at: now) { fault = $2 } } catch {
    fault = error.what
  }
  if let fault {
    throw Diagnostic("the test alert was not taken", at: .named("\(receiver.address)"), why: fault)
  }
  print("\(receiver.address) has taken a test alert for \(channel); it ends by itself after five minutes")
  return .success
}
