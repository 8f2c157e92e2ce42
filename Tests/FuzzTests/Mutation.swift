// Small changes of bytes, of the kinds that break readers: lengths, signs, ends.
import Basics

/// One to three changes; sometimes the end is cut off or repeated.
func mutation(of bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
  guard !bytes.isEmpty else { return [UInt8(truncatingIfNeeded: random.next())] }
  var bytes = bytes
  for _ in 0...random.int(in: 0..<3) {
    let at = random.int(in: 0..<bytes.count)
    let telling: [UInt8] = [0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF, bytes[at] &+ 1, bytes[at] ^ 0x80]
    if random.chance(1, in: 6) {
      // A whole number of 64 bits at one of its ends.
      let byte: UInt8 = random.chance(1, in: 2) ? 0xFF : 0
      for index in at..<min(bytes.count, at + 8) { bytes[index] = byte }
      bytes[at] = random.chance(1, in: 2) ? 0x7F : 0x80
    } else {
      bytes[at] = telling[random.int(in: 0..<telling.count)]
    }
  }
  switch random.int(in: 0..<8) {
  case 0: bytes.removeLast(random.int(in: 0..<bytes.count))
  case 1: bytes += bytes.suffix(random.int(in: 0..<bytes.count))
  default: break
  }
  return bytes
}
