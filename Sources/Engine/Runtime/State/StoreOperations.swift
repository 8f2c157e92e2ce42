// The work per key that the engine asks for through `TaskStore`. A witness of a generic class looks every
// type up at run time, which costs ten times the work itself; these closures are compiled for the types where
// the store is made.
public import Basics

@usableFromInline struct StoreOperations<Key: StorableKey, Value: Storable> {
  @usableFromInline typealias Entries = Cell<ResidentEntries<Key, Value>>

  @usableFromInline let seal: (borrowing Entries, (RawSpan, Int64, RawSpan?) -> Void) -> Void
  @usableFromInline let takeBatch: (borrowing Entries) -> (batch: StoreBatch, seal: Int64)

  @inlinable init() {
    seal = { entries, body in entries.value.seal(body) }
    takeBatch = { entries in entries.value.takeBatch() }
  }
}
