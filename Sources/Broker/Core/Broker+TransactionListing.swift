// Transactions as operators see them, to find the one that holds a topic's readers up.
import Basics
import BrokerProtocol

extension Broker {
  func describeProducers(_ request: DescribeProducersRequest, _ caller: Caller) -> DescribeProducersResponse {
    DescribeProducersResponse(
      topics: request.topics.map { topic in
        TopicEntry(
          name: topic.name,
          partitions: topic.partitions.map { partition in
            guard caller.principal.mayRead(topic.name) else {
              return .init(partition: partition, error: .topicAuthorizationFailed)
            }
            let log = state.log(of: TopicPartition(topic: topic.name, partition: partition))
            guard let log, let known = state.partitions[log] else {
              return .init(partition: partition, error: .unknownTopicOrPartition)
            }
            let producers = known.producers.values.sorted { $0.id < $1.id }
            return .init(partition: partition, producers: producers.map(\.description))
          })
      })
  }

  func listTransactions(_ request: ListTransactionsRequest, _ caller: Caller) -> ListTransactionsResponse {
    let listed = state.transactions.values.filter { transaction in
      caller.principal.mayUse(transactionalID: transaction.id)
        && (request.states.isEmpty || request.states.contains(transaction.phase.kafkaName))
        && (request.producerIDs.isEmpty || request.producerIDs.contains(transaction.producerID))
    }
    return ListTransactionsResponse(
      unknownStates: request.states.filter { !TransactionState.Phase.kafkaNames.contains($0) },
      transactions: listed.sorted { $0.id < $1.id }.map { transaction in
        .init(
          transactionalID: transaction.id, producerID: transaction.producerID,
          state: transaction.phase.kafkaName)
      })
  }

  func describeTransactions(
    _ request: DescribeTransactionsRequest, _ caller: Caller
  ) -> DescribeTransactionsResponse {
    DescribeTransactionsResponse(
      transactions: request.transactionalIDs.map { id in
        if id.isEmpty { return .init(error: .invalidRequest, transactionalID: id) }
        guard caller.principal.mayUse(transactionalID: id) else {
          return .init(error: .transactionalIDAuthorizationFailed, transactionalID: id)
        }
        return state.transactions[id]?.description(for: caller.principal)
          ?? .init(error: .transactionalIDNotFound, transactionalID: id)
      })
  }
}

extension TransactionState.Phase {
  fileprivate var kafkaName: String {
    switch self {
    case .empty: "Empty"
    case .ongoing: "Ongoing"
    case .committed: "CompleteCommit"
    case .aborted: "CompleteAbort"
    }
  }

  /// Those of Kafka that no transaction is ever in here too: asking for them is no mistake.
  fileprivate static let kafkaNames: Set<String> = [
    "Empty", "Ongoing", "PrepareCommit", "PrepareAbort", "CompleteCommit", "CompleteAbort", "Dead",
    "PrepareEpochFence",
  ]
}

extension TransactionState {
  /// Topics that the asking one may not know of are left out, as Kafka does.
  fileprivate func description(for principal: Principal) -> DescribeTransactionsResponse.Transaction {
    var topics: [TopicEntry<PartitionID>] = []
    for place in partitions.sorted() where principal.maySee(place.topic) {
      if topics.last?.name != place.topic { topics.append(TopicEntry(name: place.topic)) }
      topics[topics.count - 1].partitions.append(place.partition)
    }
    return .init(
      transactionalID: id, state: phase.kafkaName, timeout: timeout, startedAt: startedAt,
      producerID: producerID, producerEpoch: epoch, topics: topics)
  }
}

extension ProducerState {
  fileprivate var description: DescribeProducersResponse.Producer {
    .init(
      producerID: id, producerEpoch: epoch, lastSequence: batches.last?.lastSequence ?? -1,
      lastTimestamp: lastActive, transactionStart: openSince ?? .none)
  }
}
