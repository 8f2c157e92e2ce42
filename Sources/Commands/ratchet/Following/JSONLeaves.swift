// A JSON object taken apart for showing: each leaf as text, under its path of names.
import Events

/// `state` -> `firing`, `labels.severity` -> `critical`, `evidence.0.topic` -> `ratchet.executions`.
struct JSONLeaves: Equatable {
  private var leaves: [String: String] = [:]

  private init() {}

  /// nil when the bytes are no JSON object.
  init?(_ bytes: RawSpan) {
    do throws(JSONFault) {
      var reader = JSONReader(bytes)
      guard try reader.kind() == .object else { return nil }
      try take(&reader, "", bytes)
      try reader.finish()
    } catch { return nil }
  }

  subscript(path: String) -> String? { leaves[path] }

  /// The first of several names under which a thing may be found.
  func first(of paths: String...) -> String? { paths.lazy.compactMap { leaves[$0] }.first }

  /// The leaves below a path, in the order of their names.
  func members(of path: String) -> [(name: String, value: String)] {
    leaves.keys.filter { $0.hasPrefix(path + ".") }.sorted().map {
      (String($0.dropFirst(path.count + 1)), leaves[$0] ?? "")
    }
  }

  /// The objects of a list, each with its leaves.
  func objects(of path: String) -> [JSONLeaves] {
    var objects: [Int: JSONLeaves] = [:]
    for (name, value) in leaves where name.hasPrefix(path + ".") {
      let rest = name.dropFirst(path.count + 1)
      guard let dot = rest.firstIndex(of: "."), let index = Int(rest[..<dot]) else { continue }
      objects[index, default: JSONLeaves()].leaves[String(rest[rest.index(after: dot)...])] = value
    }
    return objects.sorted { $0.key < $1.key }.map(\.value)
  }

  func number(_ path: String) -> Double? { leaves[path].flatMap(Double.init) }

  private mutating func take(
    _ reader: inout JSONReader, _ path: String, _ bytes: RawSpan
  ) throws(JSONFault) {
    let prefix = path.isEmpty ? "" : path + "."
    switch try reader.kind() {
    case .object:
      try reader.enterObject()
      while let name = try reader.nextName() { try take(&reader, prefix + name.string(in: bytes), bytes) }
    case .array:
      try reader.enterArray()
      var index = 0
      while try reader.nextElement() {
        try take(&reader, "\(prefix)\(index)", bytes)
        index += 1
      }
    case .string: leaves[path] = try reader.string().string(in: bytes)
    default:
      let range = try reader.skip()
      leaves[path] = unsafe bytes.extracting(range).withUnsafeBytes {
        unsafe String(decoding: $0, as: UTF8.self)
      }
    }
  }
}
