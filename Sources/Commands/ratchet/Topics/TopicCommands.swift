// `ratchet topics ...`: the declared topics, against a broker's.
import Basics
import Kafka
import POSIX
import Topology

/// Where the declared topics are, and under which names.
let topicOptions = [
  Option(
    name: "topology", value: "DIR", summary: "the folder that holds topics.yaml",
    variable: "RATCHET_TOPOLOGY",
    fallback: "topology"),
  Option(
    name: "prefix", value: "NAME", summary: "what topics' names begin with", variable: "RATCHET_PREFIX",
    fallback: "ratchet"),
]

extension Command {
  static let topicsPlan = Command(
    name: "topics plan", summary: "Show what apply would do, without doing it.",
    options: topicOptions + BrokerConnection.options(isRequired: false) + [
      Option(name: "json", summary: "one JSON object instead of text")
    ],
    notes: """
      Without a broker the plan is made against an empty one.
      exit codes: 0 nothing to do, 2 changes pending, 1 refused or failed
      """
  ) { arguments in
    let (topics, prefix) = try declaredTopics(arguments)
    let broker = try BrokerConnection.configuration(arguments).map(TopicBroker.init)
    let plan = try planned(topics, prefix: prefix, broker)
    if arguments.flag("json") {
      print(plan.json)
    } else {
      print("topics plan for \(broker?.address ?? "an empty broker, since no --bootstrap is given")\n")
      print(plan.text)
    }
    if !plan.refusals.isEmpty { return .failure }
    return plan.isDone ? .success : .changesPending
  }

  static let topicsApply = Command(
    name: "topics apply", summary: "Create missing topics and change settings that differ.",
    options: topicOptions + BrokerConnection.options(isRequired: true),
    notes: """
      Says what it does as it does it. Nothing is deleted, no partition count is changed, and settings that
      are not declared are kept. If anything is refused, nothing is done.
      """
  ) { arguments in
    let (topics, prefix) = try declaredTopics(arguments)
    guard let broker = try BrokerConnection.configuration(arguments).map(TopicBroker.init) else {
      throw UsageError("--bootstrap HOST:PORT is missing")
    }
    print("topics of \(broker.address)\n")
    try applyTopics(topics, prefix: prefix, to: broker) { print($0) }
    return .success
  }

  static let topicsDescribe = Command(
    name: "topics describe", summary: "Show what is declared about topics, and with a broker what it has.",
    operands: [Operand(name: "TOPIC", summary: "one topic, with or without the prefix", isRequired: false)],
    options: topicOptions + BrokerConnection.options(isRequired: false)
  ) { arguments in
    let (topics, prefix) = try declaredTopics(arguments)
    let broker = try BrokerConnection.configuration(arguments).map(TopicBroker.init)
    let one = try arguments.text("TOPIC").map { try topic($0, among: topics, prefix: prefix) }
    print(one?.text(prefix: prefix) ?? overview(of: topics, prefix: prefix))
    if let broker {
      let plan = try planned(one.map { [$0] } ?? topics, prefix: prefix, broker)
      print("\non \(broker.address)\n\n\(one == nil ? plan.text : plan.status)")
    }
    return .success
  }
}

/// Makes the broker's topics what is declared, and says each step; if anything is refused, does nothing.
@discardableResult
func applyTopics(
  _ topics: [TopicDeclaration], prefix: String, to broker: TopicBroker, saying say: (String) -> Void
) throws -> TopicPlan {
  let plan = try planned(topics, prefix: prefix, broker)
  say(plan.text)
  guard plan.refusals.isEmpty else {
    throw Diagnostic("nothing was done, because \(plan.refusals.count) topics are refused")
  }
  var met = false
  for creation in plan.creations {
    let isOurs = try broker.create(creation)
    met = met || !isOurs
    say(isOurs ? "created \(creation.name)" : "\(creation.name) was created by somebody else just now")
  }
  for change in plan.changes {
    try broker.change(change)
    say("changed \(change.name)")
  }
  // What another made at the same time may differ from what is declared.
  return met ? try applyTopics(topics, prefix: prefix, to: broker, saying: say) : plan
}

private func topic(
  _ name: String, among topics: [TopicDeclaration], prefix: String
) throws(Diagnostic) -> TopicDeclaration {
  if let topic = topics.first(where: { $0.name == name || $0.fullName(prefix: prefix) == name }) {
    return topic
  }
  throw Diagnostic("no topic \"\(name)\" is declared", next: didYouMean(name, among: topics.map(\.name)))
}

func declaredTopics(_ arguments: Arguments) throws -> ([TopicDeclaration], prefix: String) {
  let prefix = arguments.text("prefix") ?? ""
  if let fault = faultOfTopicName(prefix) {
    throw UsageError("invalid prefix \"\(prefix)\"", at: "--prefix", why: fault)
  }
  let file = (arguments.text("topology") ?? "") + "/topics.yaml"
  return (try parseTopics(try readBytes(file, limit: fileLimit), file: file), prefix)
}

/// Above what the parser takes, so that it is the parser that tells of a file too large.
private let fileLimit = 16 << 20

func planned(
  _ topics: [TopicDeclaration], prefix: String, _ broker: TopicBroker?
) throws -> TopicPlan {
  let names = Set(topics.map { $0.fullName(prefix: prefix) })
  let states = try broker?.states(below: prefix, settingsOf: names) ?? []
  return TopicPlan(topics, prefix: prefix, broker: states)
}
