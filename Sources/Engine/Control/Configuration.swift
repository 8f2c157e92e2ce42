// What people configure: files, by path and content. On the control topic a file is one record, keyed by the
// hash of its content, and a configuration is one record that lists paths and hashes: so a change publishes
// the files that changed, and one record more.
internal import Basics
internal import Runtime

/// Files that are in force together.
public struct Configuration: Hashable, Sendable {
  /// SHA-256 of a file's content, in hexadecimal digits.
  public typealias ContentHash = String

  /// The hash of each file's content, by its path with `/` between folders.
  public private(set) var files: [String: ContentHash] = [:]

  public init() {}

  /// The key of the record that says which files are in force.
  public static let recordKey = "\(ProcessorInput.configurationKey)"

  /// The key of a file's record.
  public static func fileKey(_ hash: ContentHash) -> String { "file/\(hash)" }

  /// Puts a file in force, in place of what was there under its path. Returns its content's hash.
  @discardableResult
  public mutating func set(_ path: String, _ content: [UInt8]) -> ContentHash {
    let hash = Self.hash(of: content)
    files[path] = hash
    return hash
  }

  /// Puts a file in force whose content is known elsewhere.
  public mutating func set(_ path: String, hash: ContentHash) { files[path] = hash }

  public static func hash(of content: [UInt8]) -> ContentHash {
    SHA256.hash(content).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  // MARK: Bytes

  /// One line for each file in the order of their paths' bytes, as `sha256sum` prints them.
  public func encoded() -> [UInt8] {
    let paths = files.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return Array(paths.map { "\(files[$0] ?? "")  \($0)\n" }.joined().utf8)
  }

  /// nil for bytes that `encoded` would not have made.
  public init?(decoding bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
    for line in text.split(separator: "\n") {
      let hash = line.prefix(64)
      let rest = line.dropFirst(64)
      guard hash.utf8.count == 64, hash.allSatisfy(\.isHexDigit), rest.hasPrefix("  "), rest.count > 2 else {
        return nil
      }
      files[String(rest.dropFirst(2))] = String(hash)
    }
    guard encoded() == bytes else { return nil }
  }

  /// What a path may not be; nil when it may.
  public static func fault(ofPath path: String) -> String? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    if parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) {
      return "a path has names between single slashes, none of them . or .."
    }
    if path.unicodeScalars.contains(where: { $0.value < 0x20 }) { return "a path has no control characters" }
    return nil
  }
}
