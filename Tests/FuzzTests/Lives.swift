// How much is tried: by default what the suite has time for, or what the environment asks for. Lives are
// lived in processes of their own, so that a trap is one failed test, and the memory is theirs alone.
import POSIX
import Testing

enum Lives {
  /// Seeds in ten portions: `RATCHET_LIVES` says how many, `RATCHET_SEED` names a single one.
  static func portions(of standard: UInt64) -> [Range<UInt64>] {
    if let seed = environmentVariable("RATCHET_SEED").flatMap(UInt64.init) { return [seed..<seed + 1] }
    let count = environmentVariable("RATCHET_LIVES").flatMap(UInt64.init) ?? standard
    let step = max(1, count / 10)
    return stride(from: 0, to: count, by: Int(step)).map { $0..<min(count, $0 + step) }
  }

  /// More than pieces of the heap that are free but not given back, less than a hundredth of a leak per life.
  private static let growth_bytes_max = 16 << 20

  /// Lives them one after another; the memory taken must not become more and more.
  static func live(_ seeds: Range<UInt64>, _ life: (UInt64) throws -> Void) throws {
    /// Tables that the runtime fills as types are first met.
    let warmUp = min(seeds.upperBound, seeds.lowerBound + 3)
    var settled_bytes = 0
    for seed in seeds {
      try life(seed)
      if seed < warmUp { settled_bytes = try resident_bytes() }
    }
    let after_bytes = try resident_bytes()
    #expect(after_bytes < settled_bytes + growth_bytes_max, "memory grew from life to life")
  }

  /// The second number of the kernel's account of this process, in pages (proc(5)).
  private static func resident_bytes() throws -> Int {
    let account = try readWholeFile("/proc/self/statm", limit: 4096)
    let fields = String(decoding: account, as: UTF8.self).split(separator: " ")
    return try #require(fields.count > 1 ? Int(fields[1]) : nil) * 4096
  }
}
