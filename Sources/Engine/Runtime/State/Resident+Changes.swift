// Leaving memory as bytes: after each epoch for the changelog, now and then for the disk.
public import Basics

extension ResidentEntries {
  /// Seals the open epoch: lends what became of every key it touched, in the order of first touch.
  /// `body` gets the key, the segment and the value's bytes behind their schema version, nil for a deletion.
  @inlinable mutating func seal(_ body: (_ key: RawSpan, _ segment: Int64, _ value: RawSpan?) -> Void) {
    for slot in touched {
      let slot = Int(slot)
      encode(slot)
      let before = table[slot].sealedSegment
      let isPresent = table[slot].value != nil
      if before != Resident<Value>.absent, !isPresent || before != table[slot].segment {
        unsafe body(keyScratch.span.bytes, before, nil)
        let row = unsafe disk.address(keyScratch.span.bytes, before)
        batch.append(.delete, unsafe row.span.bytes)
      }
      if isPresent { unsafe body(keyScratch.span.bytes, table[slot].segment, valueScratch.span.bytes) }
      table[slot].sealedSegment = isPresent ? table[slot].segment : Resident<Value>.absent
      account(slot, keyScratch.count + valueScratch.count)
    }
    waitingChanges += touched.count
    touched.removeAll(keepingCapacity: true)
    openSeal += 1
  }

  /// Takes all sealed changes since the last batch, each key once.
  @inlinable mutating func takeBatch() -> (batch: StoreBatch, seal: Int64) {
    precondition(touched.isEmpty, "a batch for the disk from within an epoch")
    var changes = StoreBatch()
    swap(&changes, &batch)
    for slot in unbatched {
      let slot = Int(slot)
      guard table[slot].value != nil else { continue }
      encode(slot)
      let segment = table[slot].segment
      let row = unsafe disk.address(keyScratch.span.bytes, segment)
      unsafe changes.append(.put, row.span.bytes, valueScratch.span.bytes)
      disk.noteSegment(segment)
    }
    unbatched.removeAll(keepingCapacity: true)
    waitingChanges = 0
    batchedSeal = openSeal - 1
    return (changes, batchedSeal)
  }

  /// A quarter of memory, so that the writer has time to work before the rest is full of changes.
  var wantsBatch: Bool {
    unbatched.count * (usedBytes / max(1, table.count)) > boundBytes / 4
  }

  /// More than `makeRoom` leaves behind, by as much as `wantsBatch` lets gather.
  var isOverfull: Bool { disk.isAttached && usedBytes > boundBytes + boundBytes / 4 }

  /// The entry's bytes, into the scratch buffers.
  @inlinable mutating func encode(_ slot: Int) {
    keyScratch.removeAll(keepingCapacity: true)
    valueScratch.removeAll(keepingCapacity: true)
    table.key(at: slot).store(into: &keyScratch)
    guard table[slot].value != nil else { return }
    valueScratch.append(Value.schemaVersion)
    table[slot].value?.store(into: &valueScratch)
  }

  /// Moves to the segment `current` and drops the segments before `oldest`.
  mutating func advance(to current: Int64, oldest: Int64) {
    currentSegment = current
    guard disk.raiseOldest(to: oldest) else { return }
    if let expired = disk.takeExpired() {
      batch.append(.deleteRange, unsafe expired.lower.span.bytes, unsafe expired.upper.span.bytes)
    }
    let written = disk.writtenSeal
    for slot in 0..<table.slotLimit where table.isUsed(slot) && table[slot].value != nil {
      guard table[slot].segment < oldest else { continue }
      table[slot].value = nil
      table[slot].sealedSegment = Resident<Value>.absent
      // One that is on a list of changes stays until the list has been worked off.
      if table[slot].changedIn <= min(written, batchedSeal) { letGo(slot) }
    }
  }
}
