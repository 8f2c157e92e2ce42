// ratchet control: what is configured, published to every partition of the control topic at once.
import Basics
import Control
import Kafka
import POSIX

extension Command {
  static let controlApply = Command(
    name: "control apply", summary: "put a folder's files in force as the configuration",
    operands: [Operand(name: "DIR", summary: "its files and its folders' files, but none that begin with .")],
    options: [prefixOption] + BrokerConnection.options(isRequired: true),
    notes: """
      Files that are in force and not in the folder go out of force. All partitions of the control topic get
      the change in one transaction; each task takes it up at an epoch of its own. What is in force already is
      not published again.
      """
  ) { arguments in
    let folder = arguments.text("DIR") ?? ""
    let files = try configurationFiles(in: folder)
    guard !files.isEmpty else {
      throw Diagnostic(
        "there is no file", at: .path(folder),
        why: "an empty configuration would put everything out of force",
        next: "name the folder that holds the files")
    }
    try refuseFaults(of: files)
    return try apply(files, over: Configuration(), to: try controlTopic(arguments))
  }

  static let controlPublish = Command(
    name: "control publish", summary: "put one file in force, beside those that are",
    operands: [Operand(name: "FILE", summary: "the file")],
    options: [
      Option(name: "as", value: "PATH", summary: "its path in the configuration, if not its own name"),
      prefixOption,
    ] + BrokerConnection.options(isRequired: true),
    notes: """
      It takes the place of the file that is in force under the same path. All else stays in force; a file
      that does not go with it is refused, such as rules that would keep more samples than metrics.yaml
      allows.
      """
  ) { arguments in
    let file = arguments.text("FILE") ?? ""
    let path = arguments.text("as") ?? String(file.split(separator: "/").last ?? "")
    if let fault = Configuration.fault(ofPath: path) {
      throw UsageError("\"\(path)\" is no path", at: "--as", why: fault)
    }
    let content = try configurationFile(file)
    try refuseFaults(of: [path: content])
    let topic = try controlTopic(arguments)
    guard let configuration = topic.isUnconfigured ? Configuration() : topic.configuration else {
      throw Diagnostic(
        "the partitions of the control topic hold different configurations", at: .named(topic.name),
        why: "partitions were added, or somebody else wrote there",
        next: "ratchet control apply DIR puts one in force on all of them")
    }
    try refuseFaults(of: [path: content], beside: configuration.files.compactMapValues(topic.content))
    return try apply([path: content], over: configuration, to: topic)
  }
}

func controlTopic(_ arguments: Arguments) throws -> ControlTopic {
  guard let client = try BrokerConnection.configuration(arguments) else {
    throw UsageError("--bootstrap HOST:PORT is missing")
  }
  return try ControlTopic("\(arguments.text("prefix") ?? "").control", client)
}

private func apply(
  _ files: [String: [UInt8]], over configuration: Configuration, to topic: ControlTopic
) throws -> ExitStatus {
  var configuration = configuration
  var contents: [Configuration.ContentHash: [UInt8]] = [:]
  for (path, content) in files { contents[configuration.set(path, content)] = content }
  let change = try topic.apply(configuration, contents)
  guard !change.isEmpty else {
    print("nothing to do: these \(configuration.files.count) files are in force on \(topic.name)")
    return .success
  }
  for path in change.set { print("set      \(path)") }
  for path in change.removed { print("removed  \(path)") }
  print(
    "\(configuration.files.count) files are in force on \(change.records.count) partitions of \(topic.name)")
  return .success
}
