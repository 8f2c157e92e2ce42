import Basics
import Testing

@Suite struct TimestampTests {
  @Test(
    "text form is RFC 3339 in UTC, leap days and times before 1970 included",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_769_850_000_123, "2026-01-31T09:00:00.123Z"),
      (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ] as [(Int64, String)])
  func textForm(milliseconds: Int64, text: String) {
    #expect(Timestamp(milliseconds: milliseconds).description == text)
    #expect(EventTime(milliseconds: milliseconds).description == text)
  }

  @Test("durations are cut to whole milliseconds and never overflow")
  func durations() {
    #expect(Timestamp(milliseconds: 5) + .microseconds(1999) == Timestamp(milliseconds: 6))
    #expect(Timestamp(milliseconds: 5) - Timestamp(milliseconds: 7) == .milliseconds(-2))
    #expect(Duration.seconds(Int64.max).milliseconds == .max)
    #expect(Duration.seconds(Int64.min).milliseconds == .min)
  }
}
