// A disk that keeps its promises to the letter and no further: what was not synced may be lost in a crash, or
// kept in part; names not synced may vanish; a write may tear. Seeded, so that a failure repeats.
public import Basics
public import BrokerCore
import BrokerProtocol
import Synchronization

public final class SimulatedDisk: Disk {
  /// What goes wrong, and when.
  public enum Fault: Hashable, Sendable {
    /// The machine stops in the middle of the operation after so many; that one is done in part.
    case stop(afterOperations: Int)
    /// The sync after so many fails, and forgets what it should have made last.
    case failedSync(afterSyncs: Int)
    /// Writes fail once the files hold so many bytes.
    case full(atBytes: Int)
  }

  let state = Mutex(DiskState())

  public init() {}

  /// Sets the fault to come; nil heals the disk.
  public func inject(_ fault: Fault?) { state.withLock { $0.fault = fault } }

  /// Whether the machine stopped, so that only a crash leads on.
  public var hasStopped: Bool { state.withLock { $0.hasStopped } }

  /// Power fails and comes back: of everything unsynced a random part is kept. Open files are dead.
  public func crash(_ random: inout SeededRandom) { state.withLock { $0.crash(&random) } }

  /// The process dies, the machine does not: everything written is there. Open files are dead.
  public func kill() { state.withLock { $0.kill() } }

  /// Bytes in files, for capacity faults.
  public var usedBytes: Int { state.withLock { $0.usedBytes } }

  public func open(_ path: String, create: FileCreation) throws(DiskError) -> any DiskFile {
    try state.withLock { state throws(DiskError) in
      if create == .never || (create == .ifMissing && state.names[path] != nil) {
        guard let inode = state.names[path] else { throw .missing(path: path) }
        return SimulatedFile(path, inode: inode, generation: state.generation, on: self)
      }
      try state.begin(at: path)
      let inode = state.makeInode()
      state.change(.link(path, inode))
      return SimulatedFile(path, inode: inode, generation: state.generation, on: self)
    }
  }

  public func makeFolder(_ path: String) {}

  public func list(_ folder: String) throws(DiskError) -> [String] {
    try state.withLock { state throws(DiskError) in
      if state.hasStopped { throw DiskState.stopped(folder) }
      return state.names.keys.filter { SimulatedDisk.folder(of: $0) == folder }.sorted().map { path in
        String(path.dropFirst(folder.isEmpty ? 0 : folder.count + 1))
      }
    }
  }

  public func rename(_ path: String, to target: String) throws(DiskError) {
    try state.withLock { state throws(DiskError) in
      try state.begin(at: path)
      guard let inode = state.names[path] else { throw .missing(path: path) }
      state.change(.move(path, target, inode))
    }
  }

  public func remove(_ path: String) throws(DiskError) {
    try state.withLock { state throws(DiskError) in
      try state.begin(at: path)
      state.change(.unlink(path))
    }
  }

  public func syncFolder(_ path: String) throws(DiskError) {
    try state.withLock { state throws(DiskError) in
      try state.begin(at: path)
      state.syncNames(of: path)
    }
  }

  static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }
}

final class SimulatedFile: DiskFile {
  private let path: String
  private let inode: Int
  private let generation: Int
  private let disk: SimulatedDisk

  init(_ path: String, inode: Int, generation: Int, on disk: SimulatedDisk) {
    self.path = path
    self.inode = inode
    self.generation = generation
    self.disk = disk
  }

  var openFile: (any OpenFile)? { nil }

  func size() throws(DiskError) -> Int { try contents().count }

  func read(at position: Int, count: Int) throws(DiskError) -> ByteSlice {
    let contents = try contents()
    let lower = min(position, contents.count)
    return ByteSlice(Array(contents[lower..<min(contents.count, lower + count)]))
  }

  func write(_ pieces: [ByteSlice], at position: Int) throws(DiskError) {
    try onState { state throws(DiskError) in
      try state.write(pieces.flatMap(\.bytes), to: self.inode, at: position, path: self.path)
    }
  }

  func truncate(to size: Int) throws(DiskError) {
    try onState { state throws(DiskError) in
      try state.begin(at: self.path)
      state.apply(.truncate(size), to: self.inode)
    }
  }

  func sync() throws(DiskError) {
    try onState { state throws(DiskError) in try state.sync(self.inode, path: self.path) }
  }

  private func contents() throws(DiskError) -> [UInt8] {
    var contents: [UInt8] = []
    try onState { state throws(DiskError) in contents = state.inodes[self.inode].contents }
    return contents
  }

  private func onState(_ body: (inout DiskState) throws(DiskError) -> Void) throws(DiskError) {
    try disk.state.withLock { state throws(DiskError) in
      guard !state.hasStopped, state.generation == generation else { throw DiskState.stopped(path) }
      try body(&state)
    }
  }
}
