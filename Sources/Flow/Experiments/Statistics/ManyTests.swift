// p values of many tests at once, adjusted so that many looks do not make one find likely.

public enum ManyTests {
  /// Holm's step-down procedure: each adjusted value at most a means that with probability 1 - a not one of
  /// the findings is false.
  public static func holm(_ values: [Double]) -> [Double] {
    let order = ascending(values)
    var adjusted = values
    var greatest = 0.0
    for (rank, index) in order.enumerated() {
      greatest = max(greatest, min(1, values[index] * Double(values.count - rank)))
      adjusted[index] = greatest
    }
    return adjusted
  }

  /// Benjamini and Hochberg's step-up procedure: adjusted values at most a make findings of which the
  /// expected share of a is false.
  public static func benjaminiHochberg(_ values: [Double]) -> [Double] {
    let order = ascending(values)
    var adjusted = values
    var least = 1.0
    for (rank, index) in order.enumerated().reversed() {
      least = min(least, values[index] * Double(values.count) / Double(rank + 1))
      adjusted[index] = least
    }
    return adjusted
  }

  private static func ascending(_ values: [Double]) -> [Int] {
    values.indices.sorted { values[$0] == values[$1] ? $0 < $1 : values[$0] < values[$1] }
  }
}
