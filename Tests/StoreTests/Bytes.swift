// Strings as the bytes that the database takes and gives.
import Store

extension Family {
  func value(of key: String) throws(StoreError) -> String? {
    try unsafe withValue(of: Array(key.utf8).span.bytes) { value in
      if let value { text(value) } else { nil }
    }
  }

  func all(from lower: String? = nil, to upper: String? = nil) throws(StoreError) -> [String] {
    let (lower, upper) = (lower.map { Array($0.utf8) }, upper.map { Array($0.utf8) })
    var cursor = unsafe cursor(from: lower?.span.bytes, to: upper?.span.bytes)
    var found: [String] = []
    while try cursor.next() { found.append("\(text(cursor.key))=\(text(cursor.value))") }
    return found
  }
}

extension WriteBatch {
  mutating func put(_ key: String, _ value: String, in family: Family) {
    unsafe put(Array(key.utf8).span.bytes, Array(value.utf8).span.bytes, in: family)
  }

  mutating func delete(_ key: String, in family: Family) {
    unsafe delete(Array(key.utf8).span.bytes, in: family)
  }

  mutating func deleteRange(from lower: String, to upper: String, in family: Family) {
    unsafe deleteRange(from: Array(lower.utf8).span.bytes, to: Array(upper.utf8).span.bytes, in: family)
  }
}

func text(_ bytes: RawSpan) -> String {
  unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
}
