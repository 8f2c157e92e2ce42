// CreatePartitions: a topic grows, and keeps its name, its id and its settings.
import Basics
import BrokerProtocol

extension Broker {
  func createPartitions(
    _ request: CreatePartitionsRequest, _ caller: Caller, now: Timestamp
  ) -> CreatePartitionsResponse {
    let names = request.topics.map(\.name)
    return CreatePartitionsResponse(
      results: request.topics.map { asked in
        do throws(Refusal) {
          if names.count(where: { $0 == asked.name }) > 1 {
            throw Refusal(.invalidRequest, "the request names \(asked.name) more than once")
          }
          guard caller.principal.mayWrite(asked.name) else { throw Refusal(.topicAuthorizationFailed) }
          try grow(asked, onlyValidate: request.validateOnly, now: now)
          return .init(name: asked.name)
        } catch {
          return .init(name: asked.name, error: error.code, errorMessage: error.message)
        }
      })
  }

  private func grow(_ asked: CreatePartitionsRequest.Topic, onlyValidate: Bool, now: Timestamp)
    throws(Refusal)
  {
    guard let topic = state.topics[asked.name] else { throw Refusal(.unknownTopicOrPartition) }
    let count = Int(asked.partitionCount)
    guard count > topic.logs.count, asked.partitionCount <= settings.partitions_max else {
      throw Refusal(
        .invalidPartitions,
        "\(count) partitions; \(topic.name) has \(topic.logs.count), which can only become more, "
          + "up to \(settings.partitions_max)")
    }
    let added = count - topic.logs.count
    guard asked.assignments.map({ $0.count == added }) ?? true else {
      throw Refusal(.invalidReplicaAssignment, "\(added) new partitions need as many assignments")
    }
    guard !onlyValidate else { return }
    let first = state.nextLog.rawValue
    let logs = (0..<UInt64(added)).map { LogID(first + $0) }
    let grown = Topic(
      name: topic.name, id: topic.id, logs: topic.logs + logs, overrides: topic.overrides)
    let next = LogID(first + UInt64(added))
    write(
      [.counters(producer: state.nextProducerID, log: next), .topic(grown)], logs.map { .create($0) },
      now: now)
    configureLogs(of: grown)
  }
}
