// The distributions that tests of significance need, to about 1e-12 of each value, tails included. Nothing is
// tabulated: formulas with their sources.
internal import Basics

/// The standard normal distribution.
public enum Normal {
  /// How likely a value above `x` is.
  public static func survival(_ x: Double) -> Double { Mathematics.erfc(x / 2.0.squareRoot()) / 2 }

  public static func cumulative(_ x: Double) -> Double { survival(-x) }

  /// The value that is exceeded with `probability`; infinite at 0 and 1.
  public static func quantile(exceededWith probability: Double) -> Double {
    guard probability > 0, probability < 1 else {
      return probability == 0 ? .infinity : probability == 1 ? -.infinity : .nan
    }
    if probability > 0.5 { return -quantile(exceededWith: 1 - probability) }
    // Abramowitz and Stegun 26.2.23, within 4.5e-4; Halley's method makes the rest.
    let t = (-2 * Mathematics.log(probability)).squareRoot()
    var x =
      t - (2.515517 + t * (0.802853 + t * 0.010328))
      / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    for _ in 0..<3 {
      let density = Mathematics.exp(-x * x / 2) / (2 * Double.pi).squareRoot()
      let step = (survival(x) - probability) / density
      x += step / (1 - x * step / 2)
    }
    return x
  }
}

/// Student's t distribution.
public enum StudentT {
  /// How likely a value farther from 0 than `t` is, on either side: the two-sided p of a statistic.
  public static func twoSided(_ t: Double, degreesOfFreedom: Double) -> Double {
    guard t.isFinite, degreesOfFreedom > 0 else { return t.isInfinite ? 0 : .nan }
    let square = t * t
    if square.isInfinite { return 0 }
    if degreesOfFreedom > manyDegrees {
      return Mathematics.erfc(normal(square, degreesOfFreedom) / 2.0.squareRoot())
    }
    return Beta.regularized(
      degreesOfFreedom / (degreesOfFreedom + square), square / (degreesOfFreedom + square),
      degreesOfFreedom / 2, 0.5)
  }

  public static func cumulative(_ t: Double, degreesOfFreedom: Double) -> Double {
    let half = twoSided(t, degreesOfFreedom: degreesOfFreedom) / 2
    return t > 0 ? 1 - half : half
  }

  /// The distance from 0 that is exceeded, on either side together, with `probability`.
  public static func quantile(exceededWith probability: Double, degreesOfFreedom: Double) -> Double {
    guard probability > 0, probability < 1, degreesOfFreedom > 0 else {
      return probability == 0 ? .infinity : probability == 1 ? 0 : .nan
    }
    // t's tails are heavier than the normal's, so the root lies above; the two-sided p falls and is convex,
    // so Newton's method climbs to it and never steps over.
    var t = Normal.quantile(exceededWith: probability / 2)
    for _ in 0..<1000 {
      let slope = 2 * density(t, degreesOfFreedom: degreesOfFreedom)
      let step = (twoSided(t, degreesOfFreedom: degreesOfFreedom) - probability) / slope
      let next = t + step
      guard next > t, next.isFinite else { break }
      if step < t * 1e-15 { return next }
      t = next
    }
    return t
  }

  /// Beyond this the beta function's continued fraction loses digits, and the normal deviate has all of them.
  private static let manyDegrees = 1e5

  /// The normal deviate that is exceeded as rarely as t, by its square (G. W. Hill, "Algorithm 395", 1970).
  private static func normal(_ square: Double, _ degreesOfFreedom: Double) -> Double {
    let a = degreesOfFreedom - 0.5
    let b = 48 * a * a
    let y = a * Mathematics.logOnePlus(square / degreesOfFreedom)
    let third = (((-0.4 * y - 3.3) * y - 24) * y - 85.5) / (0.8 * y * y + 100 + b)
    return ((third + y + 3) / b + 1) * y.squareRoot()
  }

  private static func density(_ t: Double, degreesOfFreedom: Double) -> Double {
    let half = degreesOfFreedom / 2
    let power = -(half + 0.5) * Mathematics.logOnePlus(t * t / degreesOfFreedom)
    return Mathematics.exp(power - Beta.logarithm(half, 0.5)) / degreesOfFreedom.squareRoot()
  }
}

/// The chi-square distribution with one degree of freedom.
public enum ChiSquare {
  public static func survival(_ x: Double) -> Double { Mathematics.erfc((x / 2).squareRoot()) }
}

/// The beta function, as far as Student's t needs it.
enum Beta {
  /// The regularized incomplete beta function I_x(a, b); `rest` is 1 - x, which the caller knows better than
  /// a subtraction would. By Lentz's method on the continued fraction (DLMF 8.17.22).
  static func regularized(_ x: Double, _ rest: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if rest <= 0 { return 1 }
    if x > (a + 1) / (a + b + 2) { return 1 - regularized(rest, x, b, a) }
    let logX = x < 0.5 ? Mathematics.log(x) : Mathematics.logOnePlus(-rest)
    let logRest = rest < 0.5 ? Mathematics.log(rest) : Mathematics.logOnePlus(-x)
    let front = Mathematics.exp(a * logX + b * logRest - logarithm(a, b)) / a
    return front / fraction(x, a, b)
  }

  /// The continued fraction's reciprocal. It takes about the square root of the greater of `a` and `b` steps.
  private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    func nonzero(_ value: Double) -> Double { value.magnitude < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / nonzero(1 - (a + b) * x / (a + 1))
    var result = d
    for step in 1...100_000 {
      let m = Double(step)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / nonzero(1 + even * d)
      c = nonzero(1 + even / c)
      result *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / nonzero(1 + odd * d)
      c = nonzero(1 + odd / c)
      let change = d * c
      result *= change
      if (change - 1).magnitude < 1e-16 { break }
    }
    return 1 / result
  }

  /// The beta function's logarithm. For a great argument beside 1/2, differences of great logarithms would
  /// lose what is asked for; there the gamma functions' ratio has a series of its own (DLMF 5.11.13).
  static func logarithm(_ a: Double, _ b: Double) -> Double {
    let (less, greater) = (min(a, b), max(a, b))
    guard less == 0.5, greater > 30 else {
      return Mathematics.logGamma(a) + Mathematics.logGamma(b) - Mathematics.logGamma(a + b)
    }
    let inverse = 1 / greater
    let square = inverse * inverse
    let series = inverse * (-1.0 / 8 + square * (1.0 / 192 + square * (-1.0 / 640 + square * 17 / 14336)))
    return Mathematics.log(Double.pi) / 2 - Mathematics.log(greater) / 2 - series
  }
}
