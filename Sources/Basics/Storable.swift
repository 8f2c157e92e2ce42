// Values with bytes of their own: what a store keeps on disk and in its changelog. Folds' types conform to
// it.

/// A value that bytes can hold and give back: `init(stored:)` undoes `store(into:)`.
///
/// Values travel with their `schemaVersion` in front; when it changes, bytes of the older version are still
/// about, and the store is given a migration that reads them.
public protocol Storable {
  static var schemaVersion: UInt8 { get }
  /// Appends the bytes of the value; equal values append equal bytes, on every machine.
  func store(into bytes: inout [UInt8])
  /// The value of exactly these bytes, nil when they are not one.
  init?(stored bytes: RawSpan)
}

extension Storable {
  public static var schemaVersion: UInt8 { 1 }
}

/// A value that finds others. Its bytes are the key on disk and in the changelog, and order by them is the
/// order in which a store can be walked.
public protocol StorableKey: Storable, Equatable, Sendable {
  /// XXH64 of the value's bytes. The default builds the bytes; types of the hot path say it better.
  var storedHash: UInt64 { get }
}

extension StorableKey {
  @inlinable public var storedHash: UInt64 {
    var bytes: [UInt8] = []
    store(into: &bytes)
    return unsafe XXH64.hash(bytes.span.bytes)
  }
}

extension UInt64: StorableKey {
  /// Most significant byte first, so that bytes sort as numbers do.
  @inlinable public func store(into bytes: inout [UInt8]) {
    unsafe withUnsafeBytes(of: bigEndian) { unsafe bytes.append(contentsOf: $0) }
  }

  @inlinable public init?(stored bytes: RawSpan) {
    guard bytes.byteCount == 8 else { return nil }
    self.init(bigEndian: unsafe bytes.unsafeLoadUnaligned(as: UInt64.self))
  }

  @inlinable public var storedHash: UInt64 { XXH64.hash(word: byteSwapped) }
}

extension String: StorableKey {
  /// UTF-8. Strings that differ only in Unicode normalization are different keys, because their hashes are.
  @inlinable public func store(into bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }

  public init?(stored bytes: RawSpan) {
    // Of the ways to a string from bytes that may be none, the one that is not generic.
    guard let text = try? UTF8Span(validating: Span(_bytes: bytes)) else { return nil }
    self.init(copying: text)
  }

  @inlinable public var storedHash: UInt64 {
    let fast = unsafe utf8.withContiguousStorageIfAvailable {
      unsafe XXH64.hash(UnsafeRawBufferPointer($0))
    }
    if let fast { return fast }
    return unsafe XXH64.hash(Array(utf8).span.bytes)
  }
}

extension [UInt8]: Storable {
  @inlinable public func store(into bytes: inout [UInt8]) { bytes.append(contentsOf: self) }

  @inlinable public init?(stored bytes: RawSpan) {
    self = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
  }
}
