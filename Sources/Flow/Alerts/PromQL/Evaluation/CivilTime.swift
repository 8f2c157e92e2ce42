// Parts of the date of a moment, in UTC.

enum CivilTime {
  private static let day_s: Int64 = 86_400

  /// `seconds` since the Unix epoch; NaN for what is no moment.
  static func part(_ function: Function, of seconds: Double) -> Double {
    // Beyond this a double does not count seconds any more.
    guard seconds.isFinite, abs(seconds) < 0x1p53 else { return .nan }
    let second = Int64(seconds.rounded(.towardZero))
    var (day, rest) = second.quotientAndRemainder(dividingBy: day_s)
    if rest < 0 { (day, rest) = (day - 1, rest + day_s) }
    let date = date(ofDay: day)
    switch function {
    case .minute: return Double(rest / 60 % 60)
    case .hour: return Double(rest / 3600)
    case .dayOfWeek: return Double(((day + 4) % 7 + 7) % 7)
    case .dayOfMonth: return Double(date.day)
    case .dayOfYear: return Double(day - firstDay(year: date.year, month: 1) + 1)
    case .daysInMonth:
      let following = date.month == 12 ? (date.year + 1, 1) : (date.year, date.month + 1)
      return Double(
        firstDay(year: following.0, month: following.1) - firstDay(year: date.year, month: date.month))
    case .month: return Double(date.month)
    case .year: return Double(date.year)
    default: return .nan
    }
  }

  /// Howard Hinnant's civil_from_days and days_from_civil (chrono-compatible low-level date algorithms).
  static func date(ofDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let ofEra = shifted - era * 146_097
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * ofYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  static func firstDay(year: Int64, month: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear - 719_468
  }
}
