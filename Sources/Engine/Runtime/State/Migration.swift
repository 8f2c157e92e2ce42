// Reading what an older version of a value's type has stored.
public import Basics

/// How values of older schema versions are read.
public struct Migration<Value: Storable>: Sendable {
  /// The oldest version that `read` understands.
  public let oldest: UInt8
  @usableFromInline let read: @Sendable (RawSpan, UInt8) -> Value?

  /// `read` is given a value's bytes and the version they were stored in: `oldest` or later, before today's.
  public init(from oldest: UInt8, _ read: @escaping @Sendable (RawSpan, UInt8) -> Value?) {
    self.oldest = oldest
    self.read = read
  }
}

/// The version in which a store writes its values, and the oldest that it can read.
public struct StoreSchema: Hashable, Sendable {
  public var current: UInt8
  public var oldestReadable: UInt8

  public init(current: UInt8, oldestReadable: UInt8) {
    self.current = current
    self.oldestReadable = oldestReadable
  }
}
