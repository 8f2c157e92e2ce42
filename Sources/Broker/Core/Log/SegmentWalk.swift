// Going from batch to batch through a segment's file, reading as little of it as the purpose needs.
import Basics
import BrokerProtocol

/// One batch as it lies in a file.
struct PlacedBatch {
  var header: RecordBatchHeader
  var position: Int
  var size: Int
}

/// Reads batch headers in order from `position` up to `limit`.
struct SegmentWalk {
  let path: String
  private let file: any DiskFile
  private let limit: Int
  /// Bytes read at once: an index interval when looking for one place, more when going through a whole file.
  private let window: Int
  private(set) var position: Int
  private var buffer = ByteSlice([])
  private var bufferFrom = 0

  init(_ file: any DiskFile, path: String, from position: Int, limit: Int, window: Int) {
    self.file = file
    self.path = path
    self.position = position
    self.limit = limit
    self.window = window
  }

  /// The next batch's header, or nil at the limit.
  mutating func next() throws(StoreError) -> PlacedBatch? {
    guard position < limit else { return nil }
    let bytes = try bytes(at: position, count: min(RecordBatchHeader.size, limit - position))
    do {
      let (header, size) = try RecordBatchHeader.decode(bytes)
      guard position + size <= limit else { throw RecordBatchError.truncated }
      defer { position += size }
      return PlacedBatch(header: header, position: position, size: size)
    } catch {
      throw .damaged(file: path, position: position, what: "no record batch stands there (\(error))")
    }
  }

  /// The whole batch that `next` named.
  mutating func batch(_ placed: PlacedBatch) throws(StoreError) -> RecordBatch {
    let bytes = try bytes(at: placed.position, count: placed.size)
    do { return try RecordBatch(firstOf: bytes) } catch {
      throw .damaged(file: path, position: placed.position, what: "a record batch cannot be read (\(error))")
    }
  }

  private mutating func bytes(at position: Int, count: Int) throws(StoreError) -> ByteSlice {
    if position < bufferFrom || position + count > bufferFrom + buffer.count {
      let wanted = min(limit - position, max(count, window))
      let file = file
      buffer = try onDisk { () throws(DiskError) in try file.read(at: position, count: wanted) }
      bufferFrom = position
      guard buffer.count >= count else {
        throw .damaged(file: path, position: position, what: "the segment ends too soon")
      }
    }
    return buffer[position - bufferFrom, position - bufferFrom + count]
  }
}

extension RecordBatchHeader {
  /// The header and the whole batch's size, from at least the header's bytes.
  static func decode(_ bytes: ByteSlice) throws(RecordBatchError) -> (Self, size: Int) {
    try unsafe bytes.withUnsafeBytes { bytes throws(RecordBatchError) in try unsafe decode(bytes) }
  }
}
