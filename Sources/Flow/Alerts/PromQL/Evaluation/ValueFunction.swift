// Functions of one value.
internal import Basics

enum ValueFunction {
  static func value(_ function: Function, of value: Double, _ numbers: [Double]) -> Double {
    switch function {
    case .abs: abs(value)
    case .ceil: value.rounded(.up)
    case .floor: value.rounded(.down)
    case .sqrt: value.squareRoot()
    case .sgn: value < 0 ? -1 : value > 0 ? 1 : value
    case .exp: Mathematics.exp(value)
    case .ln: Mathematics.log(value)
    case .log2: Mathematics.log2(value)
    case .log10: Mathematics.log10(value)
    case .round: rounded(value, to: numbers.first ?? 1)
    case .clamp: greater(numbers[0], lesser(numbers[1], value))
    case .clampMin: greater(numbers[0], value)
    case .clampMax: lesser(numbers[0], value)
    case .deg: value * 180 / .pi
    case .rad: value * .pi / 180
    default: trigonometric(function, value)
    }
  }

  private static func trigonometric(_ function: Function, _ value: Double) -> Double {
    switch function {
    case .sin: Mathematics.sin(value)
    case .cos: Mathematics.cos(value)
    case .tan: Mathematics.tan(value)
    case .asin: Mathematics.asin(value)
    case .acos: Mathematics.acos(value)
    case .atan: Mathematics.atan(value)
    case .sinh: Mathematics.sinh(value)
    case .cosh: Mathematics.cosh(value)
    case .tanh: Mathematics.tanh(value)
    case .asinh: Mathematics.asinh(value)
    case .acosh: Mathematics.acosh(value)
    case .atanh: Mathematics.atanh(value)
    default: .nan
    }
  }

  /// To the nearest multiple, halves upwards; by the inverse, so that 0.1 and its kin round as they should.
  private static func rounded(_ value: Double, to multiple: Double) -> Double {
    let inverse = 1 / multiple
    return (value * inverse + 0.5).rounded(.down) / inverse
  }

  /// Go's: NaN wins.
  private static func greater(_ a: Double, _ b: Double) -> Double { a.isNaN || b.isNaN ? .nan : max(a, b) }
  private static func lesser(_ a: Double, _ b: Double) -> Double { a.isNaN || b.isNaN ? .nan : min(a, b) }
}
