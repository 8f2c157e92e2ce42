// Personal data in texts, form by form.
import Testing

@testable import Learning

@Suite struct RedactionTests {
  @Test(
    "each form is replaced by its name, and what only looks like it is left alone",
    arguments: [
      ("write to Raj.Kapoor+x@mail.example.co.uk.", "write to [EMAIL]."),
      ("a@b is none, @home neither, a@b.c1 neither", "a@b is none, @home neither, a@b.c1 neither"),
      ("card 4111 1111 1111 1111, or 4111111111111111!", "card [CARD], or [CARD]!"),
      ("4111 1111 1111 1112 has a wrong digit", "4111 1111 1111 1112 has a wrong digit"),
      ("DE89 3704 0044 0532 0130 00 and gb82west12345698765432.", "[IBAN] and [IBAN]."),
      (
        "ES91 2100 0418 4502 0005 1332 was paid, 4111 1111 1111 1111 2024 too",
        "[IBAN] was paid, [CARD] 2024 too"
      ),
      ("DE88 3704 0044 0532 0130 00", "DE88 3704 0044 0532 0130 00"),
      ("call +49 (30) 901820-10 or (555) 010-4477, 1-555-010-4477", "call [PHONE] or [PHONE], [PHONE]"),
      (
        "2024-05-15 10:30:00, HAT001, 555-0104, $1,234.50", "2024-05-15 10:30:00, HAT001, 555-0104, $1,234.50"
      ),
      ("from 192.168.0.1 or 2001:db8::8a2e:370:7334", "from [IP] or [IP]"),
      ("version 1.2.3.4.5, 300.1.1.1, at 10:30, a::", "version 1.2.3.4.5, 300.1.1.1, at 10:30, a::"),
      ("SSN 078-05-1120.", "SSN [SSN]."),
      ("", ""),
      ("Grüße: é@x.de", "Grüße: é@x.de"),
    ])
  func forms(_ text: String, _ expected: String) {
    #expect(redacted(text) == expected)
  }

  @Test("JSON stays JSON when a string or a number in it is replaced")
  func json() {
    #expect(
      redactedJSON(#"{"card":4111111111111111,"a":[1,2.5],"to":"a\"b@c.de x@y.org"}"#)
        == #"{"card":"[CARD]","a":[1,2.5],"to":"a\"[EMAIL] [EMAIL]"}"#)
  }

  @Test("what has been redacted does not change when it is redacted again")
  func twice() {
    let text = "a@b.de 4111111111111111 +4930901820 ::1 10.0.0.1 078-05-1120"
    #expect(redacted(redacted(text)) == redacted(text))
  }
}
