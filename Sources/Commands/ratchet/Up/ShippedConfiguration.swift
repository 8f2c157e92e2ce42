// The configuration of a first start: the folder that holds topics.yaml. Tasks wait for a configuration
// before their first epoch, so one is put in force before they begin; one that is in force stays, because it
// is changed by `ratchet control` and by nothing else.
import Basics
import Control
import Kafka
import POSIX

/// How long an instance waits for another that fenced it to put the first configuration in force.
private let othersPatience = Duration.seconds(5)

/// Puts the files of `folder` in force if no configuration is. Returns what is to be said about it.
func applyShippedConfiguration(
  _ folder: String, prefix: String, _ client: ClientConfiguration
) throws -> Logger.Entry {
  let files = try configurationFiles(in: folder)
  var shipped = Configuration()
  var contents: [Configuration.ContentHash: [UInt8]] = [:]
  for (path, content) in files { contents[shipped.set(path, content)] = content }
  let name = "\(prefix).control"
  var held = try ControlReading(name, client)
  if held.isUnconfigured {
    try refuseFaults(of: files)
    do {
      let topic = try ControlTopic(name, client)
      if topic.isUnconfigured {
        _ = try topic.apply(shipped, contents)
        return Logger.Entry(
          .info, "configured", "no configuration was in force; now the \(files.count) files of \(folder) are")
      }
      held = try ControlReading(name, client)
    } catch {
      // Another instance that starts at the same time has come in between, and is about to commit.
      let deadline = ContinuousClock.now + othersPatience
      held = try ControlReading(name, client)
      while held.isUnconfigured {
        guard ContinuousClock.now < deadline else { throw error }
        pauseThread(.milliseconds(100))
        held = try ControlReading(name, client)
      }
    }
  }
  return held.remark(on: shipped, in: folder)
}

extension ControlReading {
  /// How what is in force compares with a folder.
  fileprivate func remark(on folder: Configuration, in path: String) -> Logger.Entry {
    guard let configuration else {
      return Logger.Entry(
        .warning, "configured",
        "the partitions of \(name) hold different configurations; "
          + "ratchet control apply \(path) puts one in force"
      )
    }
    let all = Set(configuration.files.keys).union(folder.files.keys).sorted()
    let different = all.filter { configuration.files[$0] != folder.files[$0] }
    guard let first = different.first else {
      return Logger.Entry(
        .info, "configured", "the configuration in force is that of \(path), \(all.count) files")
    }
    let more = different.count == 1 ? "" : " and \(different.count - 1) more"
    return Logger.Entry(
      .warning, "configured",
      "the configuration in force stays; \(path) differs in \(first)\(more); "
        + "ratchet control apply \(path) puts it in force")
  }
}
