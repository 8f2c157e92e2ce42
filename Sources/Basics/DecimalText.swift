// Doubles with a number of digits that somebody chose, rounded exactly: the C library's own formatting, which
// looks at no locale but "C" because nobody sets one.
internal import Glibc

public enum DecimalText {
  public enum Style: String, Sendable {
    /// Digits after the point: `12.50`.
    case fixed = "f"
    /// Digits after the point, with an exponent: `1.25e+01`.
    case scientific = "e"
    /// Significant digits, without trailing zeros, with an exponent where that is shorter: `12.5`.
    case general = "g"
  }

  /// More than a double ever needs, and few enough for any buffer.
  public static let digitsMax = 400

  /// Infinities are `inf`, what is no number `nan`.
  public static func text(_ value: Double, _ style: Style, digits: Int) -> String {
    let digits = min(max(digits, 0), digitsMax)
    var buffer = [CChar](repeating: 0, count: 1024)
    let count = unsafe withVaList([value]) { arguments in
      unsafe vsnprintf(&buffer, 1024, "%.\(digits)\(style.rawValue)", arguments)
    }
    return String(decoding: buffer.prefix(max(0, Int(count))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
