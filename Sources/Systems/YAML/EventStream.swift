// libyaml's event parser, the only caller of C here. Bytes in, events with positions out; what events mean
// together is the Composer's affair.
internal import Basics
internal import CYAML

struct Event {
  enum Kind: Equatable {
    case streamEnd, documentStart, documentEnd, sequenceEnd, mappingEnd, other
    case alias(String)
    case scalar(String, isPlain: Bool, anchor: String?)
    case sequenceStart(anchor: String?)
    case mappingStart(anchor: String?)
  }
  var kind: Kind
  var position: Position
  /// An explicit tag, `!!str` or `!own`.
  var tag: String?
}

/// The events of one document's bytes.
@safe struct EventStream: ~Copyable {
  // On the heap, because the parser keeps a pointer to itself.
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  // The parser reads from here as long as it lives.
  private let input: UnsafeMutableBufferPointer<UInt8>
  private let file: String

  init(_ bytes: [UInt8], file: String) throws(Diagnostic) {
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    guard unsafe yaml_parser_initialize(parser) == 1 else {
      unsafe parser.deallocate()
      throw Diagnostic("no memory to parse it", at: .path(file))
    }
    unsafe self.parser = unsafe parser
    unsafe input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, bytes.count))
    _ = unsafe input.initialize(from: bytes)
    self.file = file
    unsafe yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
  }

  deinit {
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
    unsafe input.deallocate()
  }

  mutating func next() throws(Diagnostic) -> Event {
    var event = unsafe yaml_event_t()
    guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw problem() }
    defer { unsafe yaml_event_delete(&event) }
    return unsafe Event(event)
  }

  private func problem() -> Diagnostic {
    let state = unsafe parser.pointee
    let what = unsafe state.problem.map { unsafe String(cString: $0) } ?? "unknown error"
    guard unsafe state.error != YAML_READER_ERROR else {
      return Diagnostic(
        "not YAML: \(what)", at: place(unsafe positionOfByte(state.problem_offset)),
        why: "the file must be UTF-8 text")
    }
    var why: String?
    if let context = unsafe state.context {
      why = unsafe "\(String(cString: context)) that begins at \(Position(state.context_mark))"
    }
    return Diagnostic("not YAML: \(what)", at: place(unsafe Position(state.problem_mark)), why: why)
  }

  private func place(_ position: Position) -> Diagnostic.Place {
    .file(file, line: position.line, column: position.column)
  }

  /// The reader reports a byte's number only.
  private func positionOfByte(_ offset: Int) -> Position {
    let before = unsafe Array(input.prefix(max(0, offset)))
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return Position(
      line: before.count { $0 == UInt8(ascii: "\n") } + 1,
      column: String(decoding: before[lineStart...], as: UTF8.self).unicodeScalars.count + 1)
  }
}

extension Event {
  fileprivate init(_ event: yaml_event_t) {
    unsafe position = Position(event.start_mark)
    switch unsafe event.type {
    case YAML_STREAM_END_EVENT: kind = .streamEnd
    case YAML_DOCUMENT_START_EVENT: kind = .documentStart
    case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
    case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
    case YAML_MAPPING_END_EVENT: kind = .mappingEnd
    case YAML_ALIAS_EVENT: kind = unsafe .alias(text(event.data.alias.anchor) ?? "")
    case YAML_SCALAR_EVENT:
      let scalar = unsafe event.data.scalar
      let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      kind = unsafe .scalar(
        String(decoding: bytes, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE,
        anchor: text(scalar.anchor))
      tag = unsafe text(scalar.tag)
    case YAML_SEQUENCE_START_EVENT:
      kind = unsafe .sequenceStart(anchor: text(event.data.sequence_start.anchor))
      tag = unsafe text(event.data.sequence_start.tag)
    case YAML_MAPPING_START_EVENT:
      kind = unsafe .mappingStart(anchor: text(event.data.mapping_start.anchor))
      tag = unsafe text(event.data.mapping_start.tag)
    default: kind = .other
    }
  }
}

private func text(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? {
  unsafe bytes.map { unsafe String(cString: $0) }
}

extension Position {
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1)
  }
}
