// Which lives the simulations live: by default the first few, or what the environment asks for.
import Foundation

enum Lives {
  static func range(of count: Int) -> Range<UInt64> {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["RATCHET_SEED"].flatMap(UInt64.init) { return seed..<seed + 1 }
    return 0..<(environment["RATCHET_LIVES"].flatMap(UInt64.init) ?? UInt64(count))
  }
}
