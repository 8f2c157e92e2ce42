// Record data on its way out: memory, or a part of a file that the server sends without reading it.
public import Basics

/// An open file that a response may point into; whoever holds the reference keeps the descriptor open.
public protocol OpenFile: AnyObject, Sendable {
  var descriptor: Int32 { get }
}

/// `count` bytes of a file from `offset` on; they must not change while the region is in use.
public struct FileRegion: Sendable {
  public let file: any OpenFile
  public let offset: Int64
  public let count: Int

  public init(file: any OpenFile, offset: Int64, count: Int) {
    precondition(offset >= 0 && count >= 0, "a region before its file or of negative length")
    self.file = file
    self.offset = offset
    self.count = count
  }
}

/// A stretch of whole record batches.
public enum PayloadChunk: Sendable {
  case memory(ByteSlice)
  case file(FileRegion)

  public var count: Int {
    switch self {
    case .memory(let slice): slice.count
    case .file(let region): region.count
    }
  }
}

extension ByteSlice {
  public static let empty = ByteSlice([])
}
