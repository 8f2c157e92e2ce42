// Spam and too much, rule by rule.
import Basics
import Testing

@testable import Learning

private func at(_ second: Int, _ milli: Int = 0) -> EventTime {
  EventTime(milliseconds: 1_769_850_000_000 + Int64(second * 1000 + milli))
}

@Suite struct UserActivityTests {
  @Test("a text that no person means is spam by itself; what people write is not")
  func texts() {
    for text in [
      "aaaaaaaa", "!!!! !!!!", "\u{1F600}\u{1F600}", "\u{E9}\u{E9} \u{E9}", "https://a.example",
      "www.a.example http://b.example",
    ] {
      #expect(UserActivity.refusal(ofText: text) != nil, "\(text)")
    }
    let five = (0..<5).map { "https://a.example/\($0)" }.joined(separator: " and ")
    #expect(UserActivity.refusal(ofText: five) == .spam(.links))
    for text in [
      "ok", "no", "!!!", "see https://a.example, it is wrong", "aaaaaab", "", "\u{1F600}",
      "\u{E9}\u{E8}\u{E9}",
    ] {
      #expect(UserActivity.refusal(ofText: text) == nil, "\(text)")
    }
  }

  @Test("the same text passes three times within an hour, however it is spaced and capitalized")
  func repeated() {
    var user = UserActivity()
    let same = ["Buy this now!", "buy  this now!", " BUY this\nnow! "]
    for (index, text) in same.enumerated() { #expect(user.pass(at: at(index * 60), text: text) == nil) }
    let before = user
    #expect(user.pass(at: at(300), text: "buy this now!") == .spam(.repeatedText))
    #expect(user == before, "what is refused counts for nothing")
    #expect(user.pass(at: at(301), text: "another text") == nil)
    #expect(user.pass(at: at(3600), text: "buy this now!") == nil, "the next hour is a new one")
    for second in 400..<410 { #expect(user.pass(at: at(second), text: "thanks") == nil) }
  }

  @Test("the sixth judgement of a second is refused, in whatever order they are read")
  func burst() {
    var user = UserActivity()
    for milli in 0..<5 { #expect(user.pass(at: at(0, milli * 199), text: nil) == nil) }
    #expect(user.pass(at: at(1), text: nil) == nil)
    #expect(user.pass(at: at(0, 999), text: nil) == .spam(.burst))
  }

  @Test("a minute takes so many and refuses the rest")
  func rate() {
    var user = UserActivity()
    for second in 0..<30 {
      for _ in 0..<2 { #expect(user.pass(at: at(second), text: nil) == nil) }
    }
    #expect(user.pass(at: at(59), text: nil) == .tooMany(perMinute: 60))
    #expect(user.pass(at: at(60), text: nil) == nil)
    var slow = UserActivity()
    #expect(slow.pass(at: at(0), text: nil, perMinuteMax: 1) == nil)
    #expect(slow.pass(at: at(1), text: nil, perMinuteMax: 1) == .tooMany(perMinute: 1))
  }

  @Test("what is remembered of a user stays small and comes back as it was stored")
  func bounded() {
    var user = UserActivity()
    for second in 0..<10_000 { _ = user.pass(at: at(second * 61), text: "a text, number \(second)") }
    var bytes: [UInt8] = []
    user.store(into: &bytes)
    #expect(bytes.count < 2048 && UserActivity(stored: unsafe bytes.span.bytes) == user)
  }
}
