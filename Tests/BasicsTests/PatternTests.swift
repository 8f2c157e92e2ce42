// Regular expressions against RE2's rules.
import Basics
import Testing

@Suite struct PatternTests {
  @Test(
    "a pattern matches whole texts as RE2 does",
    arguments: [
      ("a|b|c", "b", true), ("a|b|c", "ab", false), ("", "", true), ("a*", "", true), ("a+", "", false),
      ("(a|ab)(c|bcd)", "abcd", true), ("a{2,3}", "aa", true), ("a{2,3}", "aaaa", false),
      ("a{2}", "aa", true),
      ("a{,3}", "a{,3}", true), ("x{", "x{", true), (".*test.*", "a test b", true), (".", "\n", false),
      ("(?s).", "\n", true), ("(?i)StraSSe", "sTRAssE", true), ("(?i:a)b", "Ab", true),
      ("(?i:a)b", "AB", false),
      ("\\d{3}-\\w+", "123-ab_9", true), ("\\D\\S\\W", "a! ", true), ("[^a-c]+", "xyz", true),
      ("[^a-c]+", "xbz", false),
      ("[]a]+", "]a]", true), ("[a\\-z]+", "a-z", true), ("[[:alpha:][:digit:]]+", "ab12", true),
      ("[[:^alpha:]]+", "12", true), ("[\\d.]+", "1.5", true), ("[^\\d]", "5", false),
      ("\\Qa.b\\E+", "a.bbb", true),
      ("\\x41\\x{1F600}", "A\u{1F600}", true), ("^a$", "a", true), ("a\\b.b", "a b", true),
      ("(?m)^a$\\n^b$", "a\nb", true),
      ("(a*)*", "aaa", true), ("(a*)+b", "aab", true), ("(?:ab)??c", "abc", true), ("[a-z]{0}", "", true),
      ("é+", "éé", true), ("(?P<x>a)(?<y>b)", "ab", true), ("a||b", "", true), ("\\.\\*", ".*", true),
    ])
  func whole(pattern: String, text: String, isMatch: Bool) throws {
    #expect(try Pattern(pattern).matchesWhole(text) == isMatch)
    #expect((try Pattern(pattern).groupsOfWholeMatch(text) != nil) == isMatch)
  }

  @Test(
    "what is no pattern is refused with its place",
    arguments: [
      ("a(b", 1), ("a)", 1), ("*a", 0), ("a**", 2), ("[a", 0), ("[b-a]", 4), ("a\\", 1), ("\\p{Greek}", 0),
      ("\\8", 0), ("(?z)", 2), ("a{2,1}", 1), ("a{1001}", 1), ("[[:no:]]", 1), ("(?P<>a)", 4), ("é(", 2),
      ("(?P<n>a)(?P<n>b)", 12), ("((a{100}){100}){100}", 20), (String(repeating: "(", count: 5000), 200),
    ])
  func refused(pattern: String, offset: Int) {
    #expect { try Pattern(pattern) } throws: { ($0 as? Pattern.Fault)?.offset == offset }
  }

  @Test("a text of thousands against a pattern that backtracking never finishes takes no time")
  func linear() throws {
    let pattern = try Pattern("(a*)*(a|aa)*(.*)*b")
    #expect(!pattern.matchesWhole(String(repeating: "a", count: 5000)))
  }

  @Test("groups are the leftmost branch's, and one that took no part is nil")
  func groups() throws {
    #expect(try Pattern("(a)|(b)").groupsOfWholeMatch("b") == ["b", nil, "b"])
    #expect(try Pattern("(a+)(a*)").groupsOfWholeMatch("aaa") == ["aaa", "aaa", ""])
    #expect(try Pattern("(a+?)(a*)").groupsOfWholeMatch("aaa") == ["aaa", "a", "aa"])
  }

  @Test(
    "matches are replaced as Go replaces them",
    arguments: [
      ("a", "banana", "x", "bxnxnx"),
      ("(\\w+)@(\\w+)", "me@home you@work", "$2 at $1", "home at me work at you"),
      ("a*", "baac", "x", "xbxcx"), ("(?P<n>a)", "bab", "<${n}>", "b<a>b"), ("a", "a", "$$1", "$1"),
      ("a", "a", "$1x", ""), ("a", "a", "${1}x", "x"), ("b", "abc", "${", "a${c"), ("^", "ab", "x", "xab"),
      ("é", "aéb", "$0$0", "aééb"),
    ])
  func replaced(pattern: String, text: String, template: String, result: String) throws {
    #expect(try Pattern(pattern).replacingMatches(in: text, with: template) == result)
  }
}
