// Folding carefully: a record that makes a value of a store larger than its changelog takes is set aside, and
// nothing remembers it. A replay does the same, because the epoch's ledger counts such records.
internal import Basics

/// A task's memory as one record finds it. State that a processor keeps outside of its stores must be values.
@usableFromInline struct RecordUndo {
  private let stores: [any StateStore]
  private let time: TaskTime

  init(_ stores: [any TaskStore], _ time: TaskTime) {
    self.stores = stores.compactMap { $0 as? any StateStore }
    self.time = time
  }

  @usableFromInline func begin() { for store in stores { store.beginRecord() } }

  /// Keeps what the record has done. False: it was too much, and has been taken back.
  @usableFromInline func keep() -> Bool {
    guard stores.contains(where: \.isRecordOversized) else {
      for store in stores { store.keepRecord() }
      return true
    }
    for store in stores { store.takeRecordBack() }
    time.reload()
    return false
  }
}
