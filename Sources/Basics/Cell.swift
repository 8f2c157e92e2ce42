// A value that a class holds and changes in place at full speed.

/// One value on the heap, owned. A mutable property of a class is checked for exclusive access at every use,
/// at run time, which more than doubles the cost of a short operation; a cell in a `let` property is not.
///
/// So the owner answers for it: one thread, and no access to the value from within an access to it.
@safe public struct Cell<Value: ~Copyable>: ~Copyable {
  @usableFromInline let pointer: UnsafeMutablePointer<Value>

  @inlinable public init(_ value: consuming Value) {
    unsafe pointer = .allocate(capacity: 1)
    unsafe pointer.initialize(to: value)
  }

  @inlinable deinit {
    unsafe pointer.deinitialize(count: 1)
    unsafe pointer.deallocate()
  }

  @inlinable public var value: Value {
    unsafeAddress { unsafe UnsafePointer(pointer) }
    nonmutating unsafeMutableAddress { unsafe pointer }
  }
}
