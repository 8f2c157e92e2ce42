// Integers as the engine writes them: fixed width, least significant byte first.

extension [UInt8] {
  mutating func append(integer: some FixedWidthInteger) {
    unsafe Swift.withUnsafeBytes(of: integer.littleEndian) { unsafe append(contentsOf: $0) }
  }
}
