// The real functions that Swift's library lacks, from the machine's C library: for folds, which see no other
// C. The same machine answers the same bits at every replay. Another C library may differ in the last bit, so
// replays that compare hashes run where the library is the one of the recording.
internal import Glibc

/// Real functions of one or two variables, over doubles; outside their domain they answer NaN or infinity.
public enum Mathematics {
  public static func exp(_ x: Double) -> Double { Glibc.exp(x) }
  /// exp(x) - 1, without loss near 0.
  public static func expMinusOne(_ x: Double) -> Double { Glibc.expm1(x) }
  public static func log(_ x: Double) -> Double { Glibc.log(x) }
  /// log(1 + x), without loss near 0.
  public static func logOnePlus(_ x: Double) -> Double { Glibc.log1p(x) }
  public static func log2(_ x: Double) -> Double { Glibc.log2(x) }
  public static func log10(_ x: Double) -> Double { Glibc.log10(x) }
  public static func pow(_ x: Double, _ y: Double) -> Double { Glibc.pow(x, y) }
  /// The logarithm of the gamma function's magnitude.
  public static func logGamma(_ x: Double) -> Double {
    var sign: Int32 = 0
    return unsafe lgamma_r(x, &sign)
  }
  /// The complementary error function.
  public static func erfc(_ x: Double) -> Double { Glibc.erfc(x) }

  public static func sin(_ x: Double) -> Double { Glibc.sin(x) }
  public static func cos(_ x: Double) -> Double { Glibc.cos(x) }
  public static func tan(_ x: Double) -> Double { Glibc.tan(x) }
  public static func asin(_ x: Double) -> Double { Glibc.asin(x) }
  public static func acos(_ x: Double) -> Double { Glibc.acos(x) }
  public static func atan(_ x: Double) -> Double { Glibc.atan(x) }
  public static func atan2(_ y: Double, _ x: Double) -> Double { Glibc.atan2(y, x) }
  public static func sinh(_ x: Double) -> Double { Glibc.sinh(x) }
  public static func cosh(_ x: Double) -> Double { Glibc.cosh(x) }
  public static func tanh(_ x: Double) -> Double { Glibc.tanh(x) }
  public static func asinh(_ x: Double) -> Double { Glibc.asinh(x) }
  public static func acosh(_ x: Double) -> Double { Glibc.acosh(x) }
  public static func atanh(_ x: Double) -> Double { Glibc.atanh(x) }
}
