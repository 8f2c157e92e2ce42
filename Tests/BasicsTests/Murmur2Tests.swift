import Basics
import Testing

@Suite struct Murmur2Tests {
  /// Values of Kafka's own test of Utils.murmur2.
  @Test(
    "hashes equal those of Kafka's Java client",
    arguments: [
      ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
      ("a-little-bit-longer-string", -1_486_304_829), ("abc", 479_470_107),
      ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
    ] as [(String, Int32)])
  func hashesEqualJava(key: String, expected: Int32) {
    let hash = unsafe Array(key.utf8).withUnsafeBytes { unsafe murmur2($0) }
    #expect(Int32(bitPattern: hash) == expected)
  }

  @Test("a key whose hash is negative still has a partition")
  func negativeHashIsMasked() {
    #expect(murmur2Partition(ofKey: "21", of: 4) == PartitionID((-973_932_308 & 0x7fff_ffff) % 4))
    #expect(murmur2Partition(ofKey: "", of: 1) == PartitionID(0))
  }
}
