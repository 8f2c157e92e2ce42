// A broker's topics as values, and a plan's actions carried out on it. What is to be done is decided in
// TopicPlan.
import Basics
import Kafka
import Topology

final class TopicBroker {
  private let admin: Admin
  /// As the user named it.
  let address: String

  /// A person waits: long enough for a slow cluster, short enough for a wrong address.
  private static let patience = Duration.seconds(15)

  init(_ configuration: ClientConfiguration) throws(Diagnostic) {
    address = configuration["bootstrap.servers"] ?? ""
    do throws(KafkaError) {
      admin = try Admin(configuration, timeout: Self.patience)
    } catch { throw brokerDiagnostic(error, "no client can be made", at: address) }
  }

  /// The topics below `prefix`, with all their settings where `names` has them: a change replaces all of
  /// them.
  func states(below prefix: String, settingsOf names: Set<String>) throws(Diagnostic) -> [TopicState] {
    var states: [TopicState] = []
    let topics = try attempt("its topics cannot be listed") { () throws(KafkaError) in try admin.topics() }
    for (name, topic) in topics.sorted(by: { $0.key < $1.key }) where name.hasPrefix(prefix + ".") {
      var state = TopicState(name: name, partitions: topic.partitions.count, own: [:], inherited: [:])
      if names.contains(name) { try readSettings(&state) }
      states.append(state)
    }
    return states
  }

  private func readSettings(_ state: inout TopicState) throws(Diagnostic) {
    let name = state.name
    let settings = try attempt("the settings of \(name) cannot be read") { () throws(KafkaError) in
      try admin.settings(ofTopic: name)
    }
    for (key, setting) in settings {
      switch (setting.source, setting.value) {
      case (.topic, nil):
        throw Diagnostic(
          "the broker keeps the setting \(key) of \(name) secret", at: .named(address),
          why: "a change replaces all settings of a topic, and this one could not be kept",
          next: "remove it from the topic, or set it for the broker")
      case (.topic, let value?): state.own[key] = value
      case (.inherited, let value): state.inherited[key] = value
      }
    }
  }

  /// False when somebody else has just made it.
  func create(_ creation: TopicPlan.Creation) throws(Diagnostic) -> Bool {
    try attempt("\(creation.name) cannot be created") { () throws(KafkaError) in
      do throws(KafkaError) {
        try admin.createTopic(
          creation.name, partitions: creation.declaration.partitions, settings: creation.declaration.settings)
        return true
      } catch {
        guard error.cause?.name == "TOPIC_ALREADY_EXISTS" else { throw error }
        return false
      }
    }
  }

  func change(_ change: TopicPlan.Change) throws(Diagnostic) {
    try attempt("\(change.name) cannot be changed") { () throws(KafkaError) in
      try admin.replaceSettings(ofTopic: change.name, with: change.settings)
    }
  }

  private func attempt<Answer>(
    _ what: String, _ request: () throws(KafkaError) -> Answer
  ) throws(Diagnostic) -> Answer {
    do throws(KafkaError) { return try request() } catch { throw brokerDiagnostic(error, what, at: address) }
  }
}

/// What a person is told about brokers that do not do what they were asked.
func brokerDiagnostic(_ error: KafkaError, _ what: String, at address: String) -> Diagnostic {
  if case .configuration(let diagnostic) = error { return diagnostic }
  var next: String?
  if case .retry = error { next = "is a broker listening there, and do security settings match?" }
  return Diagnostic(what, at: .named(address), why: error.description, next: next)
}
