// What the engine itself understands of a control input: which of its records says what is in force. All else
// on it is the folds' affair.
internal import Basics

extension ProcessorInput {
  /// The key of a control record whose value names the whole configuration, from this record on.
  public static let configurationKey: StaticString = "configuration"
}

extension RecordBatch {
  /// XXH64 of the last configuration among these records; nil when there is none.
  func configurationHash(in indices: Range<Int>) -> UInt64? {
    let name = ProcessorInput.configurationKey
    var hash: UInt64?
    forEach(in: indices, of: 0) { record in
      guard let key = record.key, let value = record.value else { return }
      let isConfiguration = unsafe key.withUnsafeBytes {
        unsafe $0.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
      }
      if isConfiguration { hash = XXH64.hash(value) }
    }
    return hash
  }
}
