// What a receiver of alerts is told, when, and as what, without a broker or a receiver: the notifier's
// decisions and its bytes.
import Basics
import Foundation
import HTTP
import Testing

@testable import ratchet

private let start = Timestamp(milliseconds: 1_767_225_600_000)

private func notice(_ id: String) -> AlertNotice {
  AlertNotice(
    id: id, labels: [("alertname", "A\"\(id)"), ("channel", "")], annotations: [("summary", "s")],
    startsAt: start.description)
}

@Suite struct NotifierDeskTests {
  @Test("what fires is told once, again after the interval, and once that it is over")
  func life() {
    var desk = NotifierDesk(resend: .seconds(60))
    desk.take("a", notice("a"))
    #expect(desk.due(at: start, isLive: false).firing.isEmpty)
    #expect(desk.due(at: start, isLive: true).firing == [notice("a")])
    let kept = desk.acknowledge(firing: [notice("a")], resolved: [], at: start)
    #expect(kept.map(\.id) == ["a"] && kept.first?.notice == notice("a"))
    #expect(desk.due(at: start + .seconds(59), isLive: true).firing.isEmpty)
    #expect(desk.due(at: start + .seconds(60), isLive: true).firing == [notice("a")])
    #expect(desk.acknowledge(firing: [notice("a")], resolved: [], at: start + .seconds(60)).isEmpty)
    desk.take("a", nil)
    let due = desk.due(at: start + .seconds(61), isLive: true)
    #expect(due.firing.isEmpty && due.resolved == [notice("a")])
    let forgotten = desk.acknowledge(firing: [], resolved: due.resolved, at: start + .seconds(61))
    #expect(forgotten.map(\.id) == ["a"] && forgotten.first?.notice == nil)
    #expect(desk.due(at: start + .seconds(200), isLive: true).resolved.isEmpty)
  }

  @Test("what a receiver was told before a restart is told to be over after it")
  func restart() {
    var desk = NotifierDesk(resend: .seconds(60))
    desk.remember("a", notice("a"))
    #expect(desk.due(at: start, isLive: true).resolved == [notice("a")])
  }

  @Test("what a receiver refuses is due again with the next resend, told or told to be over")
  func refused() {
    var desk = NotifierDesk(resend: .seconds(60))
    desk.take("a", notice("a"))
    desk.remember("b", notice("b"))
    let due = desk.due(at: start, isLive: true)
    #expect(due.firing == [notice("a")] && due.resolved == [notice("b")])
    desk.refused(firing: due.firing, resolved: due.resolved, at: start)
    let soon = desk.due(at: start + .seconds(59), isLive: true)
    #expect(soon.firing.isEmpty && soon.resolved.isEmpty)
    let later = desk.due(at: start + .seconds(60), isLive: true)
    #expect(later.firing == [notice("a")] && later.resolved == [notice("b")])
    #expect(desk.announced.keys.sorted() == ["b"])
  }

  @Test("one alert that a receiver cannot read keeps no other from it; one that is ill is tried again")
  func oneRefused() throws {
    let server = try HTTPServer(host: "127.0.0.1", port: 0) { request in
      let text = String(decoding: request.body, as: UTF8.self)
      if text.contains("ill") { return HTTPResponse(status: 503, body: []) }
      guard text.contains("bad") else { return HTTPResponse() }
      return HTTPResponse(status: 400, body: Array("no such label".utf8))
    }
    defer { server.stop() }
    let receiver = try Receiver(.webhook, "http://127.0.0.1:\(server.port)/x")
    var (taken, refused): ([String], [String]) = ([], [])
    try receiver.tell(
      firing: [notice("a"), notice("bad"), notice("c")], resolved: [notice("bad too"), notice("d")], at: start
    ) { firing, resolved, refusal in
      let ids = (firing + resolved).map(\.id)
      if let refusal { refused += ids.map { "\($0): \(refusal.hasSuffix("400: no such label"))" } }
      if refusal == nil { taken += ids }
    }
    #expect(taken == ["a", "c", "d"] && refused == ["bad: true", "bad too: true"])
    #expect(throws: HTTPFailure.self) {
      try receiver.tell(firing: [notice("ill"), notice("a")], resolved: [], at: start) { _, _, _ in
        Issue.record("nothing was taken")
      }
    }
  }

  @Test("Alertmanager gets a list with the end of each alert, a webhook an object, neither an empty label")
  func bodies() throws {
    let alertmanager = try Receiver(.alertmanager, "http://127.0.0.1:9093")
    #expect("\(alertmanager.address)" == "http://127.0.0.1:9093/api/v2/alerts")
    let body = Data(alertmanager.body([notice("a")], [notice("b")], start))
    let list = try #require(try JSONSerialization.jsonObject(with: body) as? [[String: Any]])
    let ends = [(start + Receiver.belief).description, start.description]
    #expect(list.map { $0["endsAt"] as? String } == ends)
    #expect(list.first?["labels"] as? [String: String] == ["alertname": "A\"a"])
    let webhook = try Receiver(.webhook, "http://127.0.0.1:1/x").body([notice("a")], [], start)
    let object = try JSONSerialization.jsonObject(with: Data(webhook)) as? [String: Any]
    #expect((object?["alerts"] as? [Any])?.count == 1)
    #expect(throws: UsageError.self) { try Receiver(.webhook, "https://example.com") }
  }

  @Test("what is kept of a notice reads back as it was")
  func kept() throws {
    let leaves = try #require(unsafe JSONLeaves(notice("a").json.span.bytes))
    #expect(AlertNotice("a", leaves) == notice("a"))
  }

  @Test("one receiver is told, and two are refused")
  func two() throws {
    let words = ["alerts", "test", "--alertmanager", "http://127.0.0.1:1", "--webhook", "http://127.0.0.1:2"]
    guard
      case .run(let command, let arguments) = try Invocation(
        words, among: commandTable, environment: { _ in nil })
    else { throw UsageError("not a run") }
    #expect(throws: UsageError.self) { try command.run(arguments) }
  }
}
