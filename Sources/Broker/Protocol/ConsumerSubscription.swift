// What the members of a group of consumers tell each other when they join. The broker passes it on unread,
// except to know which topics a group is subscribed to.
public import Basics

public enum ConsumerSubscription {
  /// The topics a member's metadata names; nil if these bytes are no consumer's subscription. What follows
  /// the topics differs by version and is not looked at.
  public static func topics(in metadata: ByteSlice) -> [String]? {
    var wire = WireReader(metadata, at: 0, header: RequestHeader(key: .joinGroup, version: 0))
    var topics: [String] = []
    do throws(WireError) {
      try wire.constant(Int16(0))
      try wire.field(&topics)
      return topics
    } catch { return nil }
  }
}
