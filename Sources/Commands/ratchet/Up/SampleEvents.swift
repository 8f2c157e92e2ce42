// Made-up events for a first look (`ratchet up --sample`): what four agents do and what is said about it,
// from a seed, published as any producer would.
import Basics
import Kafka

/// One event for one topic.
struct SampleEvent: Equatable {
  /// Without the prefix.
  var topic: String
  var type: String
  var id: String
  var organization: String
  var agent: String
  /// Its execution: what decides on the partition.
  var key: String
  /// JSON.
  var data: String
}

/// Executions, each with what belongs to it. Equal seeds give equal events.
struct SampleEvents {
  private var random: SeededRandom
  /// In front of all ids, so that those of another run differ.
  private let run: String
  private var number = 0

  private static let agents: [(organization: String, name: String)] = [
    ("acme", "triage"), ("acme", "airline"), ("globex", "billing"), ("globex", "search"),
  ]

  init(seed: UInt64, run: String) {
    random = SeededRandom(seed: seed)
    self.run = run
  }

  /// One execution, now and then with a retrieval before it, and with feedback after it.
  mutating func next() -> [SampleEvent] {
    number += 1
    // The first agents are the busiest, as it is.
    let agent = Self.agents[min(random.int(in: 0..<4), random.int(in: 0..<4))]
    let execution = "\(run)-\(number)"
    func event(_ topic: String, _ type: String, _ data: String) -> SampleEvent {
      SampleEvent(
        topic: topic, type: type, id: "\(type)-\(execution)", organization: agent.organization,
        agent: agent.name, key: execution, data: data)
    }
    var events: [SampleEvent] = []
    if random.int(in: 0..<2) == 0 {
      events.append(
        event(
          "retrievals", "retrieval.performed",
          """
          {"retrieval_id":"ret-\(execution)","execution_id":"\(execution)","query":"baggage allowance",\
          "chunks":[{"chunk_id":"chunk-\(random.int(in: 1..<40))","rank":1,"used":true}]}
          """))
    }
    let duration_ms = 300 + random.int(in: 0..<4000)
    events.append(
      event(
        "executions", "execution.completed",
        "{\"execution_id\":\"\(execution)\",\"status\":\"ok\",\"duration_ms\":\(duration_ms)}"))
    if random.int(in: 0..<3) == 0 {
      let rating = [1, 3, 4, 5, 5][random.int(in: 0..<5)]
      events.append(
        event(
          "feedback", "feedback.given",
          "{\"feedback_type\":\"rating\",\"execution_id\":\"\(execution)\",\"rating\":\(rating)}"))
    }
    return events
  }
}

/// Publishes samples, one execution a turn, without waiting for anybody.
final class SamplePublisher {
  private let producer: Producer
  private let prefix: String
  private let partitions: [String: Int32]
  private var events: SampleEvents

  /// `partitions` of each input topic by its name without the prefix.
  init(_ client: ClientConfiguration, prefix: String, partitions: [String: Int32]) throws(KafkaError) {
    producer = try Producer(client)
    self.prefix = prefix
    self.partitions = partitions
    events = SampleEvents(seed: 1, run: "sample-\(systemTime().rawValue)")
  }

  func publish() throws(KafkaError) {
    let now = systemTime()
    for event in events.next() {
      let batch = ProduceBatch(topic: "\(prefix).\(event.topic)")
      let (key, value) = (Array(event.key.utf8), Array(event.data.utf8))
      batch.append(
        to: murmur2Partition(ofKey: event.key, of: partitions[event.topic] ?? 1),
        key: unsafe key.span.bytes, value: unsafe value.span.bytes)
      let headers = [
        ("ce_specversion", "1.0"), ("ce_id", event.id), ("ce_source", "/ratchet/sample"),
        ("ce_type", event.type), ("ce_time", now.description), ("ce_organization", event.organization),
        ("ce_agent", event.agent), ("content-type", "application/json"),
      ]
      for (name, value) in headers {
        let (name, value) = (Array(name.utf8), Array(value.utf8))
        batch.appendHeader(unsafe name.span.bytes, unsafe value.span.bytes)
      }
      try producer.produce(batch, timeout: .zero)
    }
    producer.poll(.zero)
  }
}
