// What telemetry says of a deployment's arms: operations that failed, memory, probes.
internal import Basics
internal import Events
internal import Metrics
internal import Runtime

extension MetricsFold {
  /// An event that names no deployment says nothing here.
  mutating func addToDeployments(
    _ event: borrowing DecodedEvent, _ envelope: borrowing Envelope, at offset: Offset, of input: Int
  ) {
    let origin = EvidenceOrigin(TopicPartition(topic: topics[input], partition: partition), offset)
    switch event.type {
    case .operationCompleted:
      deployments.aggregator.add(event.fields(OperationCompleted.self), envelope, from: origin)
    case .measurementTaken:
      deployments.aggregator.add(event.fields(MeasurementTaken.self), envelope, from: origin)
    default: break
    }
  }
}
