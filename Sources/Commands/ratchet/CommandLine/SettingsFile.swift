// Options from a YAML file: one mapping, each key an option's name. The command line wins over the
// environment, that over the file, and the file over what is standard.
import Basics
import YAML

/// The option that names the file.
let configOption = Option(
  name: "config", value: "FILE", summary: "a YAML file of these options, by their names without dashes")

/// The same options, each that may be given once with a variable: `RATCHET_` and its name.
func withVariables(_ options: [Option]) -> [Option] {
  options.map { option in
    var option = option
    if option.variable == nil, !option.repeats {
      option.variable = "RATCHET_" + option.name.uppercased().replacing("-", with: "_")
    }
    return option
  }
}

extension Arguments {
  /// With what the file of `--config` says, if there is one.
  func withSettingsFile() throws -> Arguments {
    guard let file = text(configOption.name) else { return self }
    return try filled(from: try readBytes(file, limit: settingsFileLimit), file: file)
  }

  func filled(from yaml: [UInt8], file: String) throws -> Arguments {
    var reader = StrictReader(file: file)
    var result = self
    let options = command.options.filter { $0.name != configOption.name }
    let root = try parseYAML(yaml, file: file)
    if let fields = reader.fields(root, of: "file of settings", known: options.map(\.name)) {
      for option in options {
        guard let node = fields[option.name], let values = reader.values(of: option, node) else { continue }
        result.fill(option.name, values, from: reader.place(node.position))
      }
    }
    try reader.finish()
    return result
  }
}

/// A file of settings has some dozens of lines.
private let settingsFileLimit = 1 << 20

extension StrictReader {
  /// An option's values: true or false for a flag, one value, or for what may be repeated a list or a mapping
  /// of KEY to VALUE.
  fileprivate mutating func values(of option: Option, _ node: Node) -> [String]? {
    guard option.value != nil else { return boolean(node).map { $0 ? [""] : [] } }
    guard option.repeats else { return written(node).map { [$0] } }
    if case .mapping(let pairs) = node.content {
      return pairs.compactMap { pair in written(pair.value).map { "\(pair.key)=\($0)" } }
    }
    return items(node)?.compactMap { written($0) }
  }
}
