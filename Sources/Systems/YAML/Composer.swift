// Events into one tree. A file may be hostile: depth, size and what aliases multiply are bounded, and a key
// that stands twice is an error, since readers differ in which one they take.
public import Basics

/// Limits of a file that a person wrote.
enum Limit {
  /// A hundred times the longest configuration we know of; the parser needs several times this much memory.
  static let bytes = 1 << 20
  /// The deepest of our formats nests 8; recursion over 64 levels is far from any stack's end.
  static let depth = 64
  /// Counted as if each alias were written out, so that a few lines cannot stand for billions of values.
  static let nodes = 100_000
}

/// Parses one document. `file` is only named in diagnostics; keys that stand twice are all reported, other
/// faults end the reading. An empty document is a null node.
public func parseYAML(_ bytes: [UInt8], file: String) throws(Diagnostics) -> Node {
  var duplicates: [Diagnostic] = []
  let root: Node
  do throws(Diagnostic) {
    guard bytes.count <= Limit.bytes else {
      throw Diagnostic(
        "larger than \(Limit.bytes >> 20) MiB", at: .path(file), why: "it has \(bytes.count) bytes")
    }
    var composer = Composer(try EventStream(bytes, file: file), file: file)
    root = try composer.document()
    duplicates = composer.duplicates
  } catch {
    throw Diagnostics([error])
  }
  guard duplicates.isEmpty else { throw Diagnostics(duplicates) }
  return root
}

private struct Composer: ~Copyable {
  private struct Anchored {
    var node: Node
    var nodes: Int
    var height: Int
  }

  private var stream: EventStream
  private let file: String
  private var anchors: [String: Anchored] = [:]
  private var nodes = 0
  /// The depth of the deepest node since it was last reset, for the height of what is anchored.
  private var deepest = 0
  private(set) var duplicates: [Diagnostic] = []

  init(_ stream: consuming EventStream, file: String) {
    self.stream = stream
    self.file = file
  }

  mutating func document() throws(Diagnostic) -> Node {
    var root: Node?
    while true {
      let event = try stream.next()
      switch event.kind {
      case .streamEnd:
        return root ?? Node(content: .scalar(.init(text: "", isPlain: true)), position: event.position)
      case .documentStart:
        if root != nil { throw finding("a second document", at: event.position, why: "a file holds one") }
      case .documentEnd, .other: continue
      default: root = try node(event, depth: 1)
      }
    }
  }

  private mutating func node(_ event: Event, depth: Int) throws(Diagnostic) -> Node {
    if let tag = event.tag {
      throw finding("tag \"\(tag)\" is not supported", at: event.position, next: "leave it out")
    }
    switch event.kind {
    case .alias(let name):
      guard let anchored = anchors[name] else {
        throw finding(
          "unknown anchor \"\(name)\"", at: event.position, next: didYouMean(name, among: anchors.keys))
      }
      try count(anchored.nodes, depth: depth + anchored.height, at: event.position)
      return anchored.node
    case .scalar(let text, let isPlain, let anchor):
      return try composed(anchor, event.position, depth) { (_) throws(Diagnostic) in
        .scalar(.init(text: text, isPlain: isPlain))
      }
    case .sequenceStart(let anchor):
      return try composed(anchor, event.position, depth) { (self) throws(Diagnostic) in
        .sequence(try self.items(depth: depth + 1))
      }
    case .mappingStart(let anchor):
      return try composed(anchor, event.position, depth) { (self) throws(Diagnostic) in
        .mapping(try self.pairs(depth: depth + 1))
      }
    default: throw finding("not YAML: a value was expected", at: event.position)
    }
  }

  /// Makes one node of what `content` reads, and remembers it under its anchor.
  private mutating func composed(
    _ anchor: String?, _ position: Position, _ depth: Int,
    content: (inout Composer) throws(Diagnostic) -> Node.Content
  ) throws(Diagnostic) -> Node {
    let (nodesBefore, deepestBefore) = (nodes, deepest)
    deepest = depth
    try count(1, depth: depth, at: position)
    let node = Node(content: try content(&self), position: position)
    if let anchor {
      anchors[anchor] = Anchored(node: node, nodes: nodes - nodesBefore, height: deepest - depth)
    }
    deepest = max(deepest, deepestBefore)
    return node
  }

  private mutating func count(_ added: Int, depth: Int, at position: Position) throws(Diagnostic) {
    nodes += added
    deepest = max(deepest, depth)
    guard nodes <= Limit.nodes else {
      throw finding(
        "more than \(Limit.nodes) values", at: position, why: "each alias counts as all that it stands for")
    }
    guard depth <= Limit.depth else { throw finding("nested more than \(Limit.depth) deep", at: position) }
  }

  private mutating func items(depth: Int) throws(Diagnostic) -> [Node] {
    var items: [Node] = []
    while true {
      let event = try stream.next()
      if event.kind == .sequenceEnd { return items }
      items.append(try node(event, depth: depth))
    }
  }

  private mutating func pairs(depth: Int) throws(Diagnostic) -> [Node.Pair] {
    var pairs: [Node.Pair] = []
    var seen: [String: Position] = [:]
    while true {
      let event = try stream.next()
      if event.kind == .mappingEnd { return pairs }
      guard case .scalar(let scalar) = try node(event, depth: depth).content else {
        throw finding("a key must be text", at: event.position)
      }
      let key = scalar.text
      let value = try node(try stream.next(), depth: depth)
      if let first = seen.updateValue(seen[key] ?? event.position, forKey: key) {
        duplicates.append(
          finding("duplicate key \"\(key)\"", at: event.position, why: "it stands at \(first) already"))
      } else {
        pairs.append(Node.Pair(key: key, keyPosition: event.position, value: value))
      }
    }
  }

  private func finding(_ what: String, at position: Position, why: String? = nil, next: String? = nil)
    -> Diagnostic
  {
    Diagnostic(what, at: .file(file, line: position.line, column: position.column), why: why, next: next)
  }
}
