// The name that a task has in logs, in status and on the command line.
public import Basics

/// A task's name: one processor's partition of all its inputs.
public struct TaskID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var processor: String
  public var partition: PartitionID

  public init(processor: String, partition: PartitionID) {
    self.processor = processor
    self.partition = partition
  }

  public static func < (a: TaskID, b: TaskID) -> Bool {
    a.processor == b.processor ? a.partition < b.partition : a.processor < b.processor
  }

  public var description: String { "\(processor)/\(partition)" }
}
