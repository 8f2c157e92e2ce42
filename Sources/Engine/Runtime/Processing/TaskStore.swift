// What the engine asks of a store, once per epoch and once per batch of a restore; per key a fold talks to
// its store directly.
public import Basics

/// A processor's store as its task's life requires it.
public protocol TaskStore: AnyObject {
  /// Appends the epoch's changes, each key's last value in the order of first touch, and begins the next
  /// epoch's.
  func takeChanges(
    into changes: inout OutboundRecords, as output: Int, _ partition: PartitionID, at time: Timestamp)

  /// Applies one change that `takeChanges` wrote; a nil value deletes.
  func restore(key: RawSpan, value: RawSpan?)

  /// Forgets everything, as before the first epoch.
  func removeAll()
}
