// What every processor that reads events about deployments' arms embeds: it adds them up while an epoch is
// open and sends the parts of panes to `deployment-series` when it closes.
internal import Basics
internal import Metrics
internal import Runtime

/// A processor's seat for panes of deployments.
struct DeploymentSeat {
  var aggregator = DeploymentAggregator()
  private var bytes: [UInt8] = []

  /// Emits the epoch's parts on the processor's output number `output`, an announced one.
  mutating func closeEpoch(_ output: Int, in context: inout FoldContext) {
    for pane in aggregator.take() {
      let key = Array(pane.key.utf8)
      bytes.removeAll(keepingCapacity: true)
      pane.store(into: &bytes)
      context.emit(output, key: unsafe key.span.bytes, value: unsafe bytes.span.bytes)
    }
  }
}
