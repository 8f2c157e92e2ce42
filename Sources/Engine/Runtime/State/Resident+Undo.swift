// Taking back what one record has changed. It costs a copy of every value that a record changes, so it is
// done only while records are folded carefully: an epoch before has made a value too large.
internal import Basics

extension ResidentEntries {
  mutating func beginRecord() {
    (isUndoable, undo) = (true, [])
    listsBefore = (touched.count, unbatched.count)
  }

  mutating func keepRecord() { (isUndoable, undo) = (false, []) }

  mutating func takeRecordBack() {
    for (slot, entry) in undo.reversed() { table[slot] = entry }
    touched.removeSubrange(listsBefore.touched...)
    unbatched.removeSubrange(listsBefore.unbatched...)
    keepRecord()
  }

  /// Whether a value that the record changed would not fit a changelog record; `size` is what key, segment
  /// and value come to there.
  mutating func isRecordOversized(_ size: (_ key: RawSpan, _ segment: Int64, _ value: RawSpan) -> Int) -> Bool
  {
    for (slot, _) in undo where table[slot].value != nil {
      encode(slot)
      if unsafe size(keyScratch.span.bytes, table[slot].segment, valueScratch.span.bytes) > changeBytesMax {
        return true
      }
    }
    return false
  }
}
