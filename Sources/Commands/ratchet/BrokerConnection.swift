// How commands are told which broker to talk to and how: options that all of them share.
import Basics
import Kafka
import POSIX

enum BrokerConnection {
  /// The options; `bootstrap` may be left out where a command can do without a broker.
  static func options(isRequired: Bool) -> [Option] {
    [
      Option(
        name: "bootstrap", value: "HOST:PORT", summary: "brokers to begin with, separated by commas",
        variable: "RATCHET_BOOTSTRAP", isRequired: isRequired),
      Option(
        name: "property", value: "KEY=VALUE", summary: "a property of librdkafka, such as security.protocol",
        repeats: true),
      Option(name: "properties", value: "FILE", summary: "properties of librdkafka, one KEY=VALUE a line"),
    ]
  }

  /// The client's settings, nil without a bootstrap address. A `--property` wins over the file.
  static func configuration(_ arguments: Arguments) throws -> ClientConfiguration? {
    var properties: [String: String] = [:]
    if let file = arguments.text("properties") {
      properties = try parseProperties(try readText(file, limit: fileLimit), file: file)
    }
    for text in arguments.all("property") {
      guard let (key, value) = splitProperty(text) else {
        throw UsageError("\"\(text)\" is not KEY=VALUE", at: "--property")
      }
      properties[key] = value
    }
    if let bootstrap = arguments.text("bootstrap") { properties["bootstrap.servers"] = bootstrap }
    return properties["bootstrap.servers"] == nil ? nil : ClientConfiguration(properties)
  }

  /// A properties file holds a few dozen lines; certificates are named in it, not held.
  private static let fileLimit = 1 << 20
}

/// Lines of `key=value`; empty ones and those that begin with `#` are skipped.
func parseProperties(_ text: String, file: String) throws(Diagnostics) -> [String: String] {
  var properties: [String: String] = [:]
  var findings: [Diagnostic] = []
  for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
  {
    let content = trimmed(line)
    if content.isEmpty || content.hasPrefix("#") { continue }
    let place = Diagnostic.Place.file(file, line: index + 1, column: 1)
    if let (key, value) = splitProperty(content) {
      if properties.updateValue(value, forKey: key) != nil {
        findings.append(Diagnostic("\"\(key)\" stands twice", at: place))
      }
    } else {
      // The line is not repeated here: it may hold a password.
      findings.append(Diagnostic("not KEY=VALUE", at: place))
    }
  }
  if !findings.isEmpty { throw Diagnostics(findings) }
  return properties
}

private func splitProperty(_ text: some StringProtocol) -> (key: String, value: String)? {
  let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
  guard parts.count == 2, !trimmed(parts[0]).isEmpty else { return nil }
  return (trimmed(parts[0]), trimmed(parts[1]))
}

private func trimmed(_ text: some StringProtocol) -> String {
  let front = text.drop(while: \.isWhitespace)
  return String(front.reversed().drop(while: \.isWhitespace).reversed())
}

/// A file that a person wrote, or what keeps it from being read.
func readText(_ path: String, limit: Int) throws(Diagnostic) -> String {
  String(decoding: try readBytes(path, limit: limit), as: UTF8.self)
}

func readBytes(_ path: String, limit: Int) throws(Diagnostic) -> [UInt8] {
  do throws(SystemCallError) {
    return try readWholeFile(path, limit: limit)
  } catch {
    throw Diagnostic("cannot be read", at: .path(path), why: error.reason)
  }
}
