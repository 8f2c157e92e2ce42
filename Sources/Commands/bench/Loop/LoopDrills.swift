// From an event about a deployment to the decision that comes of it: rehearsed rollbacks, which change
// nothing and go all the way.
import Basics
import Kafka

/// Asks for a rehearsal now and then, beside a load, and reads the decisions.
final class LoopDrills {
  private let producer: Producer
  private let consumer: Consumer
  private let decisions: PartitionQueue
  private var fetched = ConsumeBatch(capacity: 100)
  private var pending: [ProduceBatch] = []
  private(set) var sent = 0
  /// Of each rehearsal, from when it was due to be asked for until its decision was read.
  private(set) var times: [Duration] = []

  private static let interval = Duration.milliseconds(100)
  private static let deployment = "drilled"

  /// With the deployment that is rehearsed.
  init(_ bootstrap: String) throws {
    producer = try Producer(
      ClientConfiguration(Load.producer.merging(["bootstrap.servers": bootstrap]) { $1 }))
    consumer = try Consumer([
      "bootstrap.servers": bootstrap, "isolation.level": "read_committed", "fetch.wait.max.ms": "10",
    ])
    decisions = try consumer.start(
      TopicPartition(topic: "ratchet.rollback-decisions", partition: PartitionID(0)), at: .latest)
    try publish(
      "deployment.created",
      """
      {"deployment_id":"\(Self.deployment)","candidate_kind":"prompt","candidate":"prompt-8",\
      "baseline":"prompt-7","policy":"default","revision":1,"created_by":"bench"}
      """)
  }

  /// What is due `elapsed` after the load's start if it still sends, and what has come back.
  func turn(_ elapsed: Duration, sends: Bool) throws {
    if sends, elapsed >= Self.interval * (sent + 1) {
      let mark = LoopEvents.letters(of: (Self.interval * (sent + 1)).milliseconds * 1000)
      sent += 1
      try publish(
        "deployment.drilled",
        """
        {"deployment_id":"\(Self.deployment)","commanded_by":"bench","reason":"marked-\(mark)."}
        """)
    }
    producer.poll(.zero)
    pending.removeAll { !$0.isPending }
    consumer.wait(.zero)
    try decisions.read(into: &fetched)
    for index in 0..<fetched.count {
      guard let mark = LoopEvents.mark(fetched[index]) else { continue }
      times.append(elapsed - .microseconds(mark))
    }
  }

  private func publish(_ type: String, _ data: String) throws {
    let batch = ProduceBatch(topic: "ratchet.deployment-events")
    let now = systemTime()
    let (value, key) = (Array(data.utf8), Array(Self.deployment.utf8))
    batch.append(
      to: PartitionID(0), key: unsafe key.span.bytes, value: unsafe value.span.bytes, timestamp: now)
    LoopEvents.addHeaders(
      to: batch, id: "drill-\(now.rawValue)", type, at: now, organization: "acme", agent: "agent-0")
    try producer.produce(batch, timeout: .seconds(10))
    pending.append(batch)
  }
}
