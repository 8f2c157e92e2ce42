// The state behind `SimulatedDisk`: what readers see, what would survive, and every unsynced operation in
// between.
import Basics
import BrokerCore

struct DiskState {
  /// A file's contents as seen and as synced, and what lies between.
  struct Inode {
    var contents: [UInt8] = []
    var synced: [UInt8] = []
    var unsynced: [FileOperation] = []
  }

  enum FileOperation {
    case write(Int, [UInt8])
    case truncate(Int)

    func apply(to contents: inout [UInt8]) {
      switch self {
      case .write(let position, let bytes): contents.overwrite(ByteSlice(bytes), at: position)
      case .truncate(let size):
        contents.removeLast(max(0, contents.count - size))
        contents += [UInt8](repeating: 0, count: size - contents.count)
      }
    }
  }

  enum NameOperation {
    case link(String, Int)
    case unlink(String)
    case move(String, String, Int)

    var folder: String {
      switch self {
      case .link(let path, _), .unlink(let path), .move(let path, _, _): SimulatedDisk.folder(of: path)
      }
    }

    func apply(to names: inout [String: Int]) {
      switch self {
      case .link(let path, let inode): names[path] = inode
      case .unlink(let path): names[path] = nil
      case .move(let path, let target, let inode):
        names[path] = nil
        names[target] = inode
      }
    }
  }

  var inodes: [Inode] = []
  var names: [String: Int] = [:]
  private var syncedNames: [String: Int] = [:]
  private var unsyncedNames: [NameOperation] = []
  /// Raised by every crash: files opened before it are dead.
  private(set) var generation = 0
  private(set) var hasStopped = false
  var fault: SimulatedDisk.Fault?

  static func stopped(_ path: String) -> DiskError { .failed(path: path, reason: "the machine has stopped") }

  var usedBytes: Int { names.values.reduce(0) { $0 + inodes[$1].contents.count } }

  mutating func makeInode() -> Int {
    inodes.append(Inode())
    return inodes.count - 1
  }

  mutating func change(_ operation: NameOperation) {
    operation.apply(to: &names)
    unsyncedNames.append(operation)
  }

  mutating func apply(_ operation: FileOperation, to inode: Int) {
    operation.apply(to: &inodes[inode].contents)
    inodes[inode].unsynced.append(operation)
  }

  /// Counts an operation; throws when the machine stops at it.
  mutating func begin(at path: String) throws(DiskError) {
    if hasStopped { throw Self.stopped(path) }
    guard case .stop(let rest) = fault else { return }
    hasStopped = rest == 0
    fault = .stop(afterOperations: rest - 1)
    if hasStopped { throw Self.stopped(path) }
  }

  mutating func write(_ bytes: [UInt8], to inode: Int, at position: Int, path: String) throws(DiskError) {
    do { try begin(at: path) } catch {
      apply(.write(position, Array(bytes[..<(bytes.count / 2)])), to: inode)
      throw error
    }
    if case .full(let limit) = fault, usedBytes + bytes.count > limit {
      apply(.write(position, Array(bytes[..<max(0, min(bytes.count, limit - usedBytes))])), to: inode)
      throw .full(path: path)
    }
    apply(.write(position, bytes), to: inode)
  }

  mutating func sync(_ inode: Int, path: String) throws(DiskError) {
    try begin(at: path)
    if case .failedSync(let rest) = fault {
      fault = rest == 0 ? nil : .failedSync(afterSyncs: rest - 1)
      if rest == 0 {
        // As Linux does: the pages count as clean from now on, whether they reached the device or not.
        inodes[inode].unsynced = []
        throw .failed(path: path, reason: "input/output error")
      }
    }
    for operation in inodes[inode].unsynced { operation.apply(to: &inodes[inode].synced) }
    inodes[inode].unsynced = []
  }

  mutating func syncNames(of folder: String) {
    for operation in unsyncedNames where operation.folder == folder { operation.apply(to: &syncedNames) }
    unsyncedNames.removeAll { $0.folder == folder }
  }

  mutating func kill() {
    generation += 1
    hasStopped = false
    fault = nil
  }

  mutating func crash(_ random: inout SeededRandom) {
    kill()
    for operation in survivors(of: unsyncedNames, &random) { operation.apply(to: &syncedNames) }
    unsyncedNames = []
    names = syncedNames
    for index in inodes.indices {
      var contents = inodes[index].synced
      for operation in survivors(of: inodes[index].unsynced, &random) {
        torn(operation, &random).apply(to: &contents)
      }
      inodes[index] = Inode(contents: contents, synced: contents)
    }
  }

  /// None, all, the first few, or any of them.
  private func survivors<Operation>(
    of operations: [Operation], _ random: inout SeededRandom
  ) -> [Operation] {
    switch random.int(in: 0..<4) {
    case 0: []
    case 1: operations
    case 2: Array(operations.prefix(random.int(in: 0..<operations.count + 1)))
    default: operations.filter { _ in random.chance(1, in: 2) }
    }
  }

  /// A write cut short, or with a hole in it, or whole.
  private func torn(_ operation: FileOperation, _ random: inout SeededRandom) -> FileOperation {
    guard case .write(let position, var bytes) = operation, !bytes.isEmpty else { return operation }
    switch random.int(in: 0..<4) {
    case 0: bytes.removeLast(random.int(in: 0..<bytes.count))
    case 1:
      let from = random.int(in: 0..<bytes.count)
      for index in from..<min(bytes.count, from + 64) { bytes[index] = 0 }
    default: break
    }
    return .write(position, bytes)
  }
}
