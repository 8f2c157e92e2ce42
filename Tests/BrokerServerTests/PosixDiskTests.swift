// The store on real files: the same contract as in memory, and what people do to a data folder.
import Basics
import BrokerCore
import BrokerProtocol
import BrokerServer
import Foundation
import Testing

@Suite final class PosixDiskTests {
  private let root = FileManager.default.temporaryDirectory.path + "/disk-\(UUID().uuidString)"
  private let log = LogID(1)

  deinit { try? FileManager.default.removeItem(atPath: root) }

  private func open() throws -> LogStore {
    try LogStore.open(on: PosixDisk(folder: root), settings: LogStoreSettings()) { _ throws(StoreError) in }
      .store
  }

  private func append(_ count: Int, to store: LogStore, bytes: Int) throws {
    for index in 0..<count {
      var builder = RecordBatchBuilder(baseOffset: store.endOffset(of: log), baseTimestamp: .zero)
      builder.append(key: nil, value: ByteSlice([UInt8](repeating: UInt8(index & 255), count: bytes)))
      _ = store.append([.append(log, builder.build())])
    }
    let job = try #require(store.takeFlush())
    try job.run()
    store.completed(job)
  }

  @Test("what was flushed is there after a new start, in one vectored write of any length")
  func reopens() throws {
    do {
      let store = try open()
      _ = store.append([.create(log)])
      try append(2000, to: store, bytes: 10)
      try append(3, to: store, bytes: 1 << 20)
    }
    let store = try open()
    #expect(store.readableEnd(of: log) == Offset(2003))
    let chunks = try store.read(
      log, from: Offset(1999), below: Offset(2002), maxBytes: .max, atLeastOneBatch: false)
    guard case .file(let region)? = chunks.first else {
      Issue.record("a long read is no file region")
      return
    }
    #expect(region.count > 2 << 20 && region.file.descriptor >= 0)
  }

  @Test("a second process on the same folder is refused")
  func locked() throws {
    let disk = try PosixDisk(folder: root)
    #expect(throws: DiskError.locked(path: root)) { try PosixDisk(folder: root) }
    withExtendedLifetime(disk) {}
    #expect(
      DiskError.locked(path: "d").diagnostic.description.contains("another process uses this data folder"))
  }

  @Test("a folder that cannot be made or written is refused by name")
  func refused() throws {
    try Data().write(to: URL(fileURLWithPath: root))
    #expect(throws: DiskError.self) { try PosixDisk(folder: root) }
    #expect(throws: DiskError.self) { try PosixDisk(folder: "/proc/nowhere") }
  }

  @Test("a full device is told from a broken one")
  func full() throws {
    let disk = try PosixDisk(folder: root)
    // As many steps up as a temporary folder can be deep.
    let path = String(repeating: "../", count: 20) + "dev/full"
    #expect(throws: DiskError.full(path: "\(root)/\(path)")) {
      try disk.open(path, create: .never).write([ByteSlice([1])], at: 0)
    }
  }
}
