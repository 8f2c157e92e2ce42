// What a task with a control input waits for before its first epoch. So no record is ever folded without a
// configuration, and which one was in force follows from the log alone.
internal import Basics

extension OwnedTask {
  /// False only before a first-ever epoch: until the control partition has been read to its end and holds a
  /// configuration.
  var isConfigured: Bool { inputs.allSatisfy { !mustBeReadWhole($0) || $0.isEndOfConfiguration } }

  /// The first epoch takes all that stands on the control partition, however much that is.
  func mustBeReadWhole(_ input: InputCursor) -> Bool { epoch == Epoch(0) && input.kind == .control }
}

extension InputCursor {
  fileprivate var isEndOfConfiguration: Bool {
    end != nil && batch.configurationHash(in: unread) != nil
  }
}
