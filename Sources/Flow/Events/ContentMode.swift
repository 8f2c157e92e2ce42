// What a record's content type says about how to read it.

/// The modes of CloudEvents over Kafka.
enum ContentMode: Equatable {
  /// The whole event is one JSON object.
  case structured
  /// The value is the event's data, and JSON; also where no content type is given.
  case json
  case other

  /// Media types are read in any case; what follows a `;` are parameters, which change nothing.
  init(_ contentType: RawSpan?) throws(Violation) {
    guard let contentType, !contentType.holds("application/json") else {
      self = .json
      return
    }
    guard contentType.begins(with: "application/cloudevents") else {
      self = contentType.namesJSON ? .json : .other
      return
    }
    guard !contentType.begins(with: "application/cloudevents-batch") else {
      throw Violation(
        .undecodable, at: "", "a batch of events is not read from Kafka", next: "publish one event a record")
    }
    guard contentType.namesJSON || contentType.mediaTypeCount == "application/cloudevents".utf8.count else {
      throw Violation(
        .undecodable, at: "", "CloudEvents in another format than JSON",
        next: "publish with content-type application/cloudevents+json")
    }
    self = .structured
  }
}

extension JSONText {
  /// Whether it is a media type of JSON.
  var namesJSON: Bool {
    guard isEscaped else { return rawBytes.namesJSON }
    let bytes = Array(string.utf8)
    return unsafe bytes.span.bytes.namesJSON
  }
}

extension RawSpan {
  /// Whether these are the bytes of `text`: with a literal, one or two comparisons of words.
  @inline(__always)
  func holds(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard byteCount == count else { return false }
    let wanted = unsafe UnsafeRawPointer(text.utf8Start)
    if count >= 8 {
      var place = 0
      while place < count &- 8 {
        guard unsafe sameWord(wanted, place, UInt64.self) else { return false }
        place &+= 8
      }
      return unsafe sameWord(wanted, count &- 8, UInt64.self)
    }
    if count >= 4 {
      return unsafe sameWord(wanted, 0, UInt32.self) && sameWord(wanted, count &- 4, UInt32.self)
    }
    for place in 0..<count { guard unsafe sameWord(wanted, place, UInt8.self) else { return false } }
    return true
  }

  /// The caller vouches that the word lies within both.
  @inline(__always)
  private func sameWord<Word: FixedWidthInteger & BitwiseCopyable>(
    _ wanted: UnsafeRawPointer, _ place: Int, _ type: Word.Type
  ) -> Bool {
    unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: Word.self)
      == wanted.loadUnaligned(fromByteOffset: place, as: Word.self)
  }

  /// Whether the bytes begin with `text`, which is in lower case, in any case.
  fileprivate func begins(with text: StaticString, from start: Int = 0) -> Bool {
    guard start >= 0, byteCount >= start + text.utf8CodeUnitCount else { return false }
    for index in 0..<text.utf8CodeUnitCount {
      let wanted = unsafe text.utf8Start[index]
      guard lowercased(start + index) == wanted else { return false }
    }
    return true
  }

  /// The length of the media type without parameters and the space before them.
  fileprivate var mediaTypeCount: Int {
    var end = 0
    while end < byteCount, lowercased(end) != UInt8(ascii: ";") { end += 1 }
    while end > 0, lowercased(end - 1) == 0x20 || lowercased(end - 1) == 0x09 { end -= 1 }
    return end
  }

  /// `application/json`, `text/json` or `anything+json`.
  fileprivate var namesJSON: Bool {
    let end = mediaTypeCount
    return begins(with: "+json", from: end - 5) || begins(with: "/json", from: end - 5)
  }

  private func lowercased(_ place: Int) -> UInt8 {
    let byte = unsafe unsafeLoad(fromUncheckedByteOffset: place, as: UInt8.self)
    return (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
