// The keys that an epoch has touched, in the order of first touch: what is published when it closes.

struct TouchedKeys {
  private var keys: [String] = []
  private var known: Set<String> = []

  mutating func insert(_ key: String) {
    if known.insert(key).inserted { keys.append(key) }
  }

  /// Hands them over and begins anew.
  mutating func take() -> [String] {
    defer {
      keys.removeAll(keepingCapacity: true)
      known.removeAll(keepingCapacity: true)
    }
    return keys
  }
}
