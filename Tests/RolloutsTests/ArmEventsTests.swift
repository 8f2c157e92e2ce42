// Which arm an event is about, and what it says of it.
import Basics
import Events
import Metrics
import Testing

@Suite struct ArmEventsTests {
  private let origin = EvidenceOrigin(TopicPartition(topic: "t", partition: PartitionID(3)), Offset(7))

  /// The panes that one event makes.
  private func panes(_ type: String, _ data: String) throws -> [DeploymentPane] {
    let json = """
      {"specversion":"1.0","id":"1","source":"/t","type":"\(type)","time":"2026-01-01T00:00:20Z",\
      "organization":"acme","agent":"triage","data":\(data)}
      """
    let bytes = Array(json.utf8)
    var decoder = EventDecoder()
    var aggregator = DeploymentAggregator()
    let envelope = try Envelope(structured: unsafe bytes.span.bytes)
    let event = try decoder.decode(envelope, from: nil)
    switch event.type {
    case .executionCompleted: aggregator.add(event.fields(ExecutionCompleted.self), envelope, from: origin)
    case .operationCompleted: aggregator.add(event.fields(OperationCompleted.self), envelope, from: origin)
    case .measurementTaken: aggregator.add(event.fields(MeasurementTaken.self), envelope, from: origin)
    default: break
    }
    return aggregator.take()
  }

  @Test("an execution counts for the arm that its stage names, with where it was said")
  func execution() throws {
    let data = #"""
      {"execution_id":"e","status":"error","error.type":"x","duration_ms":120,"task_completed":false,
      "deployment_id":"d","stage":"canary-5"}
      """#
    let pane = try #require(try panes("execution.completed", data).first)
    #expect(pane.reference.arm == .candidate && pane.key == "acme/d" && pane.reference.agent == "triage")
    #expect(pane.start.description == "2026-01-01T00:00:15.000Z")
    #expect(pane.tally.errors == .init(total: 1, hits: 1) && pane.tally.incompletions.hits == 1)
    #expect(pane.tally.latency_ms.count == 1)
    #expect(pane.tally.evidence == [OffsetRange(place: origin.place, first: Offset(7), last: Offset(7))])
    let baseline = try panes(
      "execution.completed", #"{"execution_id":"e","status":"ok","deployment_id":"d","stage":"baseline"}"#)
    #expect(baseline.first?.reference.arm == .baseline && baseline.first?.tally.errors.hits == 0)
    #expect(try panes("execution.completed", #"{"execution_id":"e","status":"ok"}"#).isEmpty)
  }

  @Test("telemetry that names a deployment counts: failed operations, memory, probes")
  func telemetry() throws {
    let operation = try panes(
      "operation.completed", #"{"operation_type":"o","duration_ms":1,"success":false,"deployment_id":"d"}"#)
    #expect(operation.first?.tally.learningFailures == .init(total: 1, hits: 1))
    let memory = try panes(
      "measurement.taken", #"{"name":"learning_memory_usage","value":5000,"deployment_id":"d","stage":"s"}"#)
    #expect(memory.first?.tally.memory_bytes.mean == 5000)
    let probe = try panes("measurement.taken", #"{"name":"up","value":0,"deployment_id":"d","stage":"s"}"#)
    #expect(probe.first?.tally.downtime == .init(total: 1, hits: 1))
    #expect(try panes("measurement.taken", #"{"name":"other","value":0,"deployment_id":"d"}"#).isEmpty)
  }

  @Test("a pane's bytes give it back, and no part of them is a pane")
  func storable() throws {
    let data = #"{"execution_id":"e","status":"ok","duration_ms":120,"deployment_id":"d","stage":"s"}"#
    let pane = try #require(try panes("execution.completed", data).first)
    var bytes: [UInt8] = []
    pane.store(into: &bytes)
    #expect(unsafe DeploymentPane(stored: bytes.span.bytes) == pane)
    for count in 0..<bytes.count {
      let part = Array(bytes[..<count])
      #expect(unsafe DeploymentPane(stored: part.span.bytes) == nil)
    }
  }
}
