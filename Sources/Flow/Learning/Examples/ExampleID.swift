// The ids of examples that are collected: they follow from what an example was made of, so that folding it
// again, elsewhere or later, names it the same (DESIGN: ids derive from domain identity).
internal import Basics

/// Makes the ids of examples.
public enum ExampleID {
  /// Of the example that feedback about an execution makes; `feedback` and `source` are its event's
  /// attributes.
  public static func ofFeedback(
    _ feedback: String, from source: String, on execution: String, of organization: String
  ) -> String {
    make(organization, "feedback", execution, source, feedback)
  }

  /// The first 128 bits of SHA-256 over the parts, each behind its count: nobody can make two of them equal.
  static func make(_ parts: String...) -> String {
    var bytes: [UInt8] = []
    for part in parts { bytes.append(countedText: part) }
    let digits = Array("0123456789abcdef".utf8)
    var text = Array("ex-".utf8)
    for byte in SHA256.hash(bytes).prefix(16) {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
