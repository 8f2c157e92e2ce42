// The first stage of aggregation as a processor embeds it: declarations from the configuration in force,
// counts while an epoch is folded, partials on the topic `panes` when it closes.
internal import Basics
internal import Events
internal import Metrics
internal import Runtime
internal import Topology

/// Counts a processor's events for declared metrics. It remembers nothing beyond the epoch.
struct PaneSeat {
  let processor: String
  let task: PartitionID
  /// The number of the output `panes`.
  let output: Int
  private var version: UInt64 = 0
  private var isCurrent = false
  private var aggregator = PaneAggregator(MetricDeclarations())
  private var bytes: [UInt8] = []

  init(_ processor: String, task: PartitionID, output: Int) {
    self.processor = processor
    self.task = task
    self.output = output
  }

  /// To be told when a control record was folded: the declarations may be others from then on.
  mutating func controlChanged() { isCurrent = false }

  /// Adds an event from outside.
  @inline(__always)
  mutating func add(_ event: DecodedEvent, of envelope: borrowing Envelope, _ control: inout ControlState) {
    if !isCurrent { configure(&control) }
    aggregator.add(
      event, organization: envelope.organization, agent: envelope.agent, at: envelope.time)
  }

  /// Adds what the processor has to count that is no input event.
  mutating func add(
    internal event: InternalEvent, organization: String, agent: String? = nil,
    _ fields: KeyValuePairs<String, InternalValue?> = [:], at time: EventTime, _ control: inout ControlState
  ) {
    if !isCurrent { configure(&control) }
    aggregator.add(internal: event, organization: organization, agent: agent, fields, at: time)
  }

  private mutating func configure(_ control: inout ControlState) {
    isCurrent = true
    let version = control.version
    guard version != self.version else { return }
    self.version = version
    // What the epoch has counted before its control records is nothing: they come first.
    aggregator = PaneAggregator(MetricsSettings.declarations(in: &control) ?? MetricDeclarations())
  }

  /// Emits what the epoch has added up to: for each organization, and once more for `platform`.
  mutating func closeEpoch(in context: inout FoldContext) {
    for partial in aggregator.take(processor: processor, task: task.rawValue) {
      bytes.removeAll(keepingCapacity: true)
      partial.store(into: &bytes)
      let keys =
        partial.organization == SeriesBook.platform
        ? [SeriesBook.platform] : [partial.organization, SeriesBook.platform]
      for key in keys {
        let key = Array(key.utf8)
        context.emit(output, key: unsafe key.span.bytes, value: unsafe bytes.span.bytes)
      }
    }
  }
}
