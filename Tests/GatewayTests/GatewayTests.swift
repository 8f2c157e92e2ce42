// The pages: what scrapers read, judged by promtool, and when an instance calls itself ready.
import Basics
import Foundation
import HTTP
import Metrics
import Processors
import Testing

@testable import Gateway
@testable import Runtime

private let families = [
  ExposedFamily(
    name: "agent_feedback_total", help: "feedback", type: "counter",
    samples: [.init(labels: [Label("agent", "a\"b\\c\nd")], value: 3)]),
  ExposedFamily(
    name: "patterns_discovered", help: "no total", type: "counter", samples: [.init(labels: [], value: 1)]),
  ExposedFamily(
    name: "rq_workers_total", help: "a gauge", type: "gauge", samples: [.init(labels: [], value: 2)]),
  ExposedFamily(
    name: "learning_response_time", help: "in ms", type: "histogram",
    samples: [
      .init(suffix: "_bucket", labels: [Label("le", "100")], value: 1),
      .init(suffix: "_bucket", labels: [Label("le", "+Inf")], value: 2),
      .init(suffix: "_sum", labels: [], value: 250.5), .init(suffix: "_count", labels: [], value: 2),
    ]),
  ExposedFamily(name: "nothing", help: "no sample", type: "gauge", samples: []),
]

private func status(_ states: [TaskStatus.State], worker: WorkerStatus.State = .running) -> [WorkerStatus] {
  let tasks = states.enumerated().map { index, state in
    TaskStatus(
      task: TaskID(processor: "metrics", partition: PartitionID(Int32(index))), state: state, epoch: Epoch(4))
  }
  return [WorkerStatus(worker: 0, state: worker, tasks: tasks)]
}

private func sources(_ states: [TaskStatus.State] = [.running]) -> GatewaySources {
  GatewaySources(status: { status(states) }, board: MetricsBoard())
}

private func text(_ response: HTTPResponse) -> String { String(decoding: response.body, as: UTF8.self) }

@Suite("Gateway")
struct GatewayTests {
  @Test("Prometheus' text: types by their names' endings, labels escaped, families without samples left out")
  func prometheus() {
    let page = String(decoding: ExpositionFormat.prometheus.page(families), as: UTF8.self)
    #expect(
      page == #"""
        # HELP agent_feedback_total feedback
        # TYPE agent_feedback_total counter
        agent_feedback_total{agent="a\"b\\c\nd"} 3
        # HELP patterns_discovered no total
        # TYPE patterns_discovered untyped
        patterns_discovered 1
        # HELP rq_workers_total a gauge
        # TYPE rq_workers_total untyped
        rq_workers_total 2
        # HELP learning_response_time in ms
        # TYPE learning_response_time histogram
        learning_response_time_bucket{le="100"} 1
        learning_response_time_bucket{le="+Inf"} 2
        learning_response_time_sum 250.5
        learning_response_time_count 2

        """#)
  }

  @Test("OpenMetrics where it is accepted: counters without their ending, bounds with a point, an end")
  func openMetrics() throws {
    var request = HTTPRequest(method: "GET", path: "/metrics")
    request.headers["accept"] = "application/openmetrics-text; version=1.0.0,text/plain;q=0.5"
    let response = Gateway.answer(request, sources())
    #expect(response.header("content-type")?.hasPrefix("application/openmetrics-text; version=1.0.0") == true)
    #expect(text(response).hasSuffix("# EOF\n"))
    let page = String(decoding: ExpositionFormat.openMetrics.page(families), as: UTF8.self)
    #expect(page.contains("# TYPE agent_feedback counter\nagent_feedback_total{"))
    #expect(page.contains("# TYPE patterns_discovered unknown\n"))
    #expect(page.contains(#"learning_response_time_bucket{le="100.0"} 1"#))
  }

  @Test("promtool finds nothing wrong with the pages")
  func promtool() throws {
    for format in [ExpositionFormat.prometheus] {
      let page = format.page(families + instanceFamilies(status([.running, .stalled("x")])))
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = ["promtool", "check", "metrics"]
      let (input, output) = (Pipe(), Pipe())
      (process.standardInput, process.standardOutput, process.standardError) = (input, output, output)
      try process.run()
      try input.fileHandleForWriting.write(contentsOf: Data(page))
      try input.fileHandleForWriting.close()
      let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus == 0, "\(said)")
    }
  }

  @Test("ready is an instance whose tasks all run; what does not is named")
  func readiness() {
    let request = HTTPRequest(method: "GET", path: "/readyz")
    #expect(Gateway.answer(request, sources([.running, .running])).status == 200)
    for state in [TaskStatus.State.rebalancing, .restoring(records: 5, perSecond: 1), .stalled("a reason")] {
      let response = Gateway.answer(request, sources([.running, state]))
      #expect(response.status == 503)
      #expect(text(response).hasPrefix("metrics/1 is "))
    }
  }

  @Test("other pages are not there, and nothing is written here")
  func others() {
    #expect(Gateway.answer(HTTPRequest(method: "GET", path: "/x"), sources()).status == 404)
    #expect(Gateway.answer(HTTPRequest(method: "POST", path: "/metrics"), sources()).status == 405)
    #expect(text(Gateway.answer(HTTPRequest(method: "GET", path: "/healthz"), sources())) == "ok\n")
  }
}
