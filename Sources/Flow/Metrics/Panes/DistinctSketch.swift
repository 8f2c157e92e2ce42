// How many different values there are, in bounded memory: exact while they are few, then HyperLogLog
// (Flajolet, Fusy, Gandouet, Meunier 2007) with linear counting where many registers are empty. Values are
// told apart by XXH64, so parts made on different machines merge into the same bits in any order.
public import Basics

/// A count of different values.
public struct DistinctSketch: Hashable, Sendable {
  static let indexBits = 11
  static let registerCount = 1 << indexBits
  /// Up to here every hash is kept and the count is exact, but for collisions of 64 bits.
  public static let exactMax = 256
  /// Standard error of the estimate beyond `exactMax`: 1.04 / sqrt(registers), 2.3 %.
  public static let standardError = 1.04 / 45.25

  /// In rising order; empty once there are registers.
  private var hashes: [UInt64] = []
  /// Empty while the count is exact.
  private var registers: [UInt8] = []

  public init() {}

  public var isEmpty: Bool { hashes.isEmpty && registers.isEmpty }

  /// Adds a value by its XXH64.
  public mutating func add(hash: UInt64) {
    guard registers.isEmpty else { return note(hash) }
    var (low, high) = (0, hashes.count)
    while low < high {
      let middle = (low + high) / 2
      if hashes[middle] < hash { low = middle + 1 } else { high = middle }
    }
    if low < hashes.count, hashes[low] == hash { return }
    hashes.insert(hash, at: low)
    if hashes.count > Self.exactMax { spread() }
  }

  public mutating func merge(_ other: DistinctSketch) {
    if other.registers.isEmpty {
      for hash in other.hashes { add(hash: hash) }
      return
    }
    if registers.isEmpty { spread() }
    for index in registers.indices { registers[index] = max(registers[index], other.registers[index]) }
  }

  /// The count, rounded where it is an estimate.
  public var count: Double {
    guard !registers.isEmpty else { return Double(hashes.count) }
    let size = Double(Self.registerCount)
    var sum = 0.0
    var zeros = 0
    for register in registers {
      sum += 1 / Double(UInt64(1) << UInt64(register))
      if register == 0 { zeros += 1 }
    }
    let raw = 0.7213 / (1 + 1.079 / size) * size * size / sum
    guard raw <= 2.5 * size, zeros > 0 else { return raw.rounded() }
    return (size * Mathematics.log(size / Double(zeros))).rounded()
  }

  private mutating func spread() {
    registers = Array(repeating: 0, count: Self.registerCount)
    for hash in hashes { note(hash) }
    hashes = []
  }

  private mutating func note(_ hash: UInt64) {
    let index = Int(hash >> UInt64(64 - Self.indexBits))
    let rest = hash << UInt64(Self.indexBits)
    let rank = UInt8(min(rest.leadingZeroBitCount, 64 - Self.indexBits) + 1)
    registers[index] = max(registers[index], rank)
  }
}

extension DistinctSketch: Storable {
  public func store(into bytes: inout [UInt8]) {
    bytes.append(registers.isEmpty ? 0 : 1)
    if registers.isEmpty {
      bytes.append(littleEndian: UInt16(hashes.count))
      for hash in hashes { bytes.append(littleEndian: hash) }
    } else {
      bytes += registers
    }
  }

  public init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    switch reader.integer(UInt8.self) {
    case 0:
      guard let count = reader.integer(UInt16.self) else { return nil }
      for _ in 0..<count {
        guard let hash = reader.integer(UInt64.self), hashes.last.map({ $0 < hash }) ?? true else {
          return nil
        }
        hashes.append(hash)
      }
    case 1:
      guard let field = reader.bytes(Self.registerCount), let registers = [UInt8](stored: field),
        registers.allSatisfy({ $0 < 64 })
      else { return nil }
      self.registers = registers
    default: return nil
    }
    guard reader.isAtEnd, hashes.count <= Self.exactMax else { return nil }
  }
}
