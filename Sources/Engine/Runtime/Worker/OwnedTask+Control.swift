// What a task with a control input waits for before its first epoch. So no record is ever folded without a
// configuration, and which one was in force follows from the log alone.
internal import Basics

extension OwnedTask {
  /// False only before a first-ever epoch: until the control partition has been read to its end and holds a
  /// configuration.
  var isConfigured: Bool { inputs.allSatisfy { !mustBeReadWhole($0) || $0.isEndOfConfiguration } }

  /// What keeps a running task, or its time, from going on, told to a person; nil when it is only records, or
  /// nothing.
  func waitsFor(_ now: Moment) -> String? {
    guard phase == .running, sealed == nil else { return nil }
    for input in inputs where mustBeReadWhole(input) && input.end != nil && !input.isEndOfConfiguration {
      return "a configuration on \(input.partition); ratchet control apply DIR puts one in force"
    }
    guard let silent = upstream.silent(at: now.uptime) else { return nil }
    let name = "\(silent.id.processor)/\(silent.id.task)"
    guard let announced = silent.announced else {
      return "\(name), which has not said on \(silent.id.topic) how far it has come"
    }
    return "\(name), of which nothing was heard on \(silent.id.topic) for "
      + "\((now.uptime - silent.heardAt).milliseconds / 1000) s; it had come to \(announced.time)"
  }

  /// The first epoch takes all that stands on the control partition, however much that is.
  func mustBeReadWhole(_ input: InputCursor) -> Bool { epoch == Epoch(0) && input.kind == .control }
}

extension InputCursor {
  fileprivate var isEndOfConfiguration: Bool {
    end != nil && batch.configurationHash(in: unread) != nil
  }
}
