// How often an address may fail to sign on. Beyond that its next attempts wait, whatever connections they
// come by; others are not held up, and nobody is shut out for what another one did.
internal import Basics

/// Belongs to the loop's thread.
struct FailedSignOns {
  let most: Int
  /// For how long a failure counts.
  static let window: Duration = .seconds(10)
  /// In order of time; never empty, and at most `most` of an address.
  private var failures: [String: [Timestamp]] = [:]
  private var nextSweep = Timestamp.zero

  init(most: Int) { self.most = most }

  var addresses: Int { failures.count }

  mutating func note(_ address: String, now: Timestamp) {
    sweep(now: now)
    failures[address, default: []].append(now)
    if failures[address]?.count ?? 0 > most { failures[address]?.removeFirst() }
  }

  /// From when on the address may try again.
  func opens(_ address: String) -> Timestamp {
    guard let known = failures[address], known.count >= most else { return .zero }
    return known[known.count - most] + Self.window
  }

  /// Once a window, so that addresses that stay away are forgotten.
  private mutating func sweep(now: Timestamp) {
    guard nextSweep <= now else { return }
    nextSweep = now + Self.window
    failures = failures.filter { $0.value.last.map { now < $0 + Self.window } ?? false }
  }
}
