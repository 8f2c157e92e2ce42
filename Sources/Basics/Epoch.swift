/// The number of one committed turn of a task, counted from 0: an epoch commits whole or not at all.
public struct Epoch: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  public var rawValue: Int64
  @inlinable public init(rawValue: Int64) { self.rawValue = rawValue }
  @inlinable public init(_ value: Int64) { rawValue = value }

  @inlinable public static func < (a: Epoch, b: Epoch) -> Bool { a.rawValue < b.rawValue }
  @inlinable public var next: Epoch { Epoch(rawValue + 1) }

  public var description: String { String(rawValue) }
}
