// A life folded again by the product's own replay, from its logs alone: whatever the workers went through,
// wherever their state came from, what they recorded must come out.
internal import Basics
internal import Replay
internal import Runtime

extension EngineWorld {
  /// Replays every task of a life that was lived, and returns what is not as recorded. `beginning` is what
  /// sums begin with, to see that another constant is found out.
  public func replay(beginning: UInt64 = 7) -> [String] {
    var complaints: [String] = []
    let port = LoggedPort(self)
    for definition in workload.definitions(beginning: beginning) {
      for task in 0..<workload.partitions {
        var replay = TaskReplay(PartitionID(task), of: definition, port)
        do {
          let result = try replay.run()
          guard case .identical = result.verdict, result.otherCode.isEmpty else {
            complaints.append(result.text(elapsed: .zero))
            continue
          }
          replayed += Int(result.compared)
        } catch { complaints.append("\(definition.name)/\(task): \(error)") }
      }
    }
    return complaints
  }
}
