// Files put in the place of those that were in force: what a backtest changes in the past. The control
// records are altered as they are read, so that the code that folds knows of nothing.
internal import Basics
internal import Control
internal import Runtime

/// A folder of the configuration as it should have been.
public struct OtherConfiguration: Sendable {
  private let folder: String
  private let files: [String: [UInt8]]

  /// `folder` ends in `/`; `files` are by their whole paths, and stand for all that was below the folder.
  public init(folder: String, files: [String: [UInt8]]) {
    self.folder = folder
    self.files = files
  }

  /// The control records with each list of files altered, and the files themselves before it. Offsets are
  /// counted anew from the first.
  func applied(to batch: RecordBatch) -> RecordBatch {
    guard (0..<batch.count).contains(where: { configuration(batch, $0) != nil }) else { return batch }
    var altered = RecordBatch()
    var offset = batch.offset(at: 0)
    func add(_ key: [UInt8], _ value: [UInt8], at time: Timestamp) {
      unsafe altered.append(offset, at: time, key: key.span.bytes, value: value.span.bytes)
      offset = offset.next
    }
    for index in 0..<batch.count {
      let time = batch[index].timestamp
      if let configuration = configuration(batch, index) {
        for (_, content) in files.sorted(by: { $0.key < $1.key }) {
          add(Array(Configuration.fileKey(Configuration.hash(of: content)).utf8), content, at: time)
        }
        add(Array(Configuration.recordKey.utf8), self.altered(configuration).encoded(), at: time)
      } else {
        let record = batch[index]
        altered.append(offset, at: time, key: record.key, value: record.value)
        record.forEachHeader { name, value in altered.appendHeader(name, value) }
        offset = offset.next
      }
    }
    return altered
  }

  private func configuration(_ batch: RecordBatch, _ index: Int) -> Configuration? {
    guard let key = batch[index].key, String(stored: key) == Configuration.recordKey,
      let value = batch[index].value, let bytes = [UInt8](stored: value)
    else { return nil }
    return Configuration(decoding: bytes)
  }

  private func altered(_ configuration: Configuration) -> Configuration {
    var altered = Configuration()
    for (path, hash) in configuration.files where !path.hasPrefix(folder) { altered.set(path, hash: hash) }
    for (path, content) in files { altered.set(path, content) }
    return altered
  }
}
