// The settings of a client: strings that librdkafka itself checks, so every property it knows can be used and
// none is interpreted here. A wrong one becomes a diagnostic that names the nearest known property.
internal import Basics
internal import CRdKafka

/// librdkafka properties by name, as its CONFIGURATION.md lists them; only what is set here is passed on.
public struct ClientConfiguration: Sendable, ExpressibleByDictionaryLiteral {
  public var properties: [String: String]

  public init(_ properties: [String: String]) { self.properties = properties }

  public init(dictionaryLiteral elements: (String, String)...) {
    properties = Dictionary(elements) { _, last in last }
  }

  public subscript(property: String) -> String? {
    get { properties[property] }
    set { properties[property] = newValue }
  }

  /// These settings with `others` in place of those of the same name.
  public func setting(_ others: [String: String]) -> ClientConfiguration {
    ClientConfiguration(properties.merging(others) { _, other in other })
  }
}

extension ClientConfiguration {
  /// librdkafka's configuration object; the caller owns it. `required` are settings that a kind of client
  /// stands on: to set them otherwise is refused.
  func build(required: [String: String]) throws(KafkaError) -> OpaquePointer {
    for (name, value) in required.sorted(by: { $0.key < $1.key }) {
      guard let given = properties[name], given != value else { continue }
      throw .configuration(
        Diagnostic(
          "\(name) cannot be \"\(given)\"", at: .named("librdkafka"),
          why: "this client needs it to be \"\(value)\"", next: "leave it out"))
    }
    guard let conf = unsafe rd_kafka_conf_new() else {
      throw KafkaError(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE)
    }
    do throws(KafkaError) {
      for (name, value) in properties.merging(required, uniquingKeysWith: { $1 }).sorted(by: <) {
        try unsafe set(name, value, on: conf)
      }
    } catch {
      unsafe rd_kafka_conf_destroy(conf)
      throw error
    }
    return unsafe conf
  }

  private func set(_ name: String, _ value: String, on conf: OpaquePointer) throws(KafkaError) {
    var text = ErrorText()
    let result = unsafe text.written { unsafe rd_kafka_conf_set(conf, name, value, $0, $1) }
    guard result != RD_KAFKA_CONF_OK else { return }
    let isUnknown = result == RD_KAFKA_CONF_UNKNOWN
    throw .configuration(
      Diagnostic(
        isUnknown ? "unknown property \"\(name)\"" : "invalid property \"\(name)\"",
        at: .named("librdkafka"), why: isUnknown ? nil : text.description,
        next: isUnknown ? didYouMean(name, among: knownProperties()) : nil))
  }

  /// The first column of librdkafka's own table; its dump of settings leaves out all that have no default.
  private func knownProperties() -> [String] {
    guard let table = unsafe ratchet_rdkafka_properties() else { return [] }
    defer { unsafe rd_kafka_mem_free(nil, table) }
    return unsafe String(cString: table).split(separator: "\n").compactMap { line in
      guard let bar = line.firstIndex(of: "|") else { return nil }
      return String(line[..<bar].filter { $0 != " " })
    }
  }
}

/// Room for a message that librdkafka writes about a failed call.
struct ErrorText: CustomStringConvertible {
  private var bytes = [CChar](repeating: 0, count: 512)

  mutating func written<Result>(by call: (UnsafeMutablePointer<CChar>, Int) -> Result) -> Result {
    unsafe bytes.withUnsafeMutableBufferPointer { unsafe call($0.baseAddress!, $0.count) }
  }

  var description: String { unsafe bytes.withUnsafeBufferPointer { unsafe String(cString: $0.baseAddress!) } }
}
