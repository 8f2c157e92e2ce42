// What a projection says now: from records to a table, and from a topic with tombstones to its last state.
import Basics
import Events
import Experiments
import Processors
import Testing

@testable import ratchet

@Suite struct QueryTests {
  private static func record(_ organization: String, _ id: String, _ verdict: String) -> (String, [UInt8]) {
    let json = """
      {"schema_version":1,"organization":"\(organization)","experiment_id":"\(id)","name":"a\\nb",\
      "status":"running",\
      "verdict":"\(verdict)","significance":0.9731,"needs_review":false}
      """
    return ("\(organization)/\(id)", Array(json.utf8))
  }

  private static func rows(organization: String? = nil, key: String? = nil) -> ProjectionRows {
    var rows = ProjectionRows(ExperimentTallyField.shape, organization: organization, key: key)
    for (key, value) in [
      record("b", "2", "running"), record("a", "1", "running"), record("a", "2", "running"),
      record("a", "1", "treatment"),
    ] { rows.take(key, value) }
    rows.take("a/2", nil)
    return rows
  }

  @Test("the newest record of each key is shown, tombstones take rows away, and what is missing is a dash")
  func table() {
    #expect(
      Self.rows().table == """
        key  experiment_id  name  status   verdict    significance  needs_review  verdict_reason
        a/1  1              a b   running  treatment  0.9731        false         -
        b/2  2              a b   running  running    0.9731        false         -
        """)
    #expect(Self.rows(organization: "b").table.split(separator: "\n").count == 2)
    #expect(Self.rows(key: "a/2").table == "no records")
    #expect(
      Self.rows(key: "a/1").jsonLines == String(decoding: Self.record("a", "1", "treatment").1, as: UTF8.self)
    )
  }

  @Test("of an organization nothing of another's is shown that has the same ids")
  func organization() {
    var rows = ProjectionRows(ExperimentTallyField.shape, organization: "a")
    let records = [Self.record("a", "1", "running"), Self.record("b", "1", "treatment")]
    for (key, value) in records + [Self.record("a/b", "1", "control")] { rows.take(key, value) }
    rows.take("b/1", nil)
    #expect(rows.jsonLines == String(decoding: records[0].1, as: UTF8.self))
    #expect(Self.rows(organization: "b", key: "a/1").table == "no records")
  }

  @Test("of decisions all are shown, in order")
  func decisions() {
    let shape = ProjectionShape(
      .decision, on: "x", "X.", key: "k", fields: ExperimentTallyField.self, columns: [.experimentID])
    var rows = ProjectionRows(shape)
    for verdict in ["running", "treatment"] {
      let (key, value) = Self.record("a", "1", verdict)
      rows.take(key, value)
    }
    #expect(rows.jsonLines.split(separator: "\n").count == 2)
  }

  @Test("a topic is read to its end, over several partitions")
  func topic() throws {
    let broker = try CommandBroker()
    try broker.publish(
      "experiment-tallies", [Self.record("a", "1", "running"), Self.record("b", "2", "running")])
    try broker.publish("experiment-tallies", [("a/1", nil)])
    var rows = ProjectionRows(ExperimentTallyField.shape)
    for record in try broker.records("experiment-tallies") { rows.take(record.key, record.value) }
    #expect(rows.jsonLines == String(decoding: Self.record("b", "2", "running").1, as: UTF8.self))
    #expect(try broker.command("query experiment-tallies --org b --json") == .success)
  }

  @Test("an unknown projection is told what there is")
  func unknown() throws {
    let broker = try CommandBroker()
    let error = #expect(throws: UsageError.self) { try broker.command("query experiment-tally") }
    #expect(error?.description.contains("did you mean \"experiment-tallies\"?") == true)
  }
}
