// A store's changes in words, for people who compare two of them: a changelog record says which key, and by
// the value's type which fields. Nothing on the hot path comes here.
internal import Basics

/// One change of a changelog record.
public struct DescribedChange: Hashable, Sendable {
  public struct Field: Hashable, Sendable {
    public var name: String
    public var value: String
  }

  public var key: String
  /// nil: deleted.
  public var fields: [Field]?
}

/// A store that can say what its changelog records mean.
public protocol DescribingStore: TaskStore {
  /// The changes of one record, nil when it is none of its own.
  func describe(key: RawSpan?, value: RawSpan?) -> [DescribedChange]?
}

extension DescribedChange {
  /// `value` is a value's bytes behind their schema version.
  static func describe<Key: StorableKey, Value: Storable>(
    _ key: RawSpan, _ value: RawSpan?, _: Key.Type, _: Value.Type, _ migration: Migration<Value>?
  ) -> DescribedChange? {
    guard let typed = Key(stored: key) else { return nil }
    let name = String(describing: typed)
    guard let value else { return DescribedChange(key: name, fields: nil) }
    guard let decoded = ResidentEntries<Key, Value>.decode(value, migration) else { return nil }
    let fields = Mirror(reflecting: decoded).children.compactMap { child in
      child.label.map { Field(name: $0, value: text(of: child.value)) }
    }
    return DescribedChange(
      key: name, fields: fields.isEmpty ? [Field(name: "value", value: text(of: decoded))] : fields)
  }

  /// Sets and dictionaries in the order of their elements' texts: their own differs from copy to copy.
  private static func text(of value: Any) -> String {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .set, .dictionary:
      return "[\(mirror.children.map { String(describing: $0.value) }.sorted().joined(separator: ", "))]"
    default: return String(describing: value)
    }
  }
}

extension KeyValueStore: DescribingStore {
  public func describe(key: RawSpan?, value: RawSpan?) -> [DescribedChange]? {
    guard let key else { return nil }
    return DescribedChange.describe(key, value, Key.self, Value.self, entries.value.migration).map { [$0] }
  }
}

extension SegmentedStore: DescribingStore {
  public func describe(key: RawSpan?, value: RawSpan?) -> [DescribedChange]? {
    guard let value else { return nil }
    var changes: [DescribedChange] = []
    let migration = entries.value.migration
    let isPacked = PackedChanges.unpack(value) { key, _, value in
      let change = DescribedChange.describe(key, value, Key.self, Value.self, migration)
      if let change { changes.append(change) }
    }
    return isPacked ? changes : nil
  }
}
