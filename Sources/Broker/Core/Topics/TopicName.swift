// Which names topics may have: Kafka's rule, so that a topic made here can move to a cluster.

enum TopicName {
  /// Kafka keeps room in 255 bytes of file name for the partition's number.
  static let length_max = 249

  /// What is wrong with the name, for the client to read; nil when nothing is.
  static func fault(in name: String) -> String? {
    if name.isEmpty { return "a topic's name must not be empty" }
    if name == "." || name == ".." { return "a topic's name must not be \"\(name)\"" }
    if name.utf8.count > length_max {
      return "a topic's name must not be longer than \(length_max) characters"
    }
    let isLegal = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    return isLegal ? nil : "a topic's name may hold letters, digits, '.', '_' and '-' only"
  }
}
