// Connections that keep order until they break. A request on a broken connection may have been handled, or
// not; none is handled after its successor connection has been used, as a server that reads to the end of
// each connection behaves.
import Basics
import BrokerCore
import BrokerProtocol

struct Network {
  struct Packet {
    var connection: ConnectionID
    var token: ReplyToken
    var request: Request
    var version: Int16
  }

  /// By client.
  private(set) var connections: [ConnectionID] = []
  private var owners: [ConnectionID: Int] = [:]
  private var lastArrival: [ConnectionID: (to: Timestamp, from: Timestamp)] = [:]
  private var lossy: Set<ConnectionID> = []
  private var nextToken: UInt64 = 0
  private var random: SeededRandom

  init(random: SeededRandom) { self.random = random }

  mutating func send(_ request: Request, version: Int16, from client: Int) -> Packet {
    nextToken += 1
    while connections.count <= client { connect(connections.count) }
    return Packet(
      connection: connections[client], token: ReplyToken(rawValue: nextToken), request: request,
      version: version)
  }

  private mutating func connect(_ client: Int) {
    let connection = ConnectionID(rawValue: UInt64(owners.count + 1))
    if client < connections.count { connections[client] = connection } else { connections.append(connection) }
    owners[connection] = client
  }

  /// Who listens on it, if it still stands.
  func client(of connection: ConnectionID) -> Int? {
    owners[connection].flatMap { connections[$0] == connection ? $0 : nil }
  }

  /// Something was lost on it: as nothing overtakes on a connection, nothing more comes through.
  mutating func lose(_ connection: ConnectionID) { lossy.insert(connection) }
  func isLossy(_ connection: ConnectionID) -> Bool { lossy.contains(connection) }

  /// Gives the client another connection; false when the broken one was not its last.
  mutating func reconnect(_ client: Int, after connection: ConnectionID) -> Bool {
    guard client < connections.count, connections[client] == connection else { return false }
    connect(client)
    return true
  }

  mutating func arrival(to connection: ConnectionID, _ now: Timestamp) -> Timestamp {
    let earliest = lastArrival[connection]?.to ?? now
    let time = max(earliest, now + .milliseconds(Int64(random.int(in: 0..<10))))
    lastArrival[connection, default: (now, now)].to = time
    return time
  }

  mutating func arrival(from connection: ConnectionID, _ now: Timestamp) -> Timestamp {
    let earliest = lastArrival[connection]?.from ?? now
    let time = max(earliest, now + .milliseconds(Int64(random.int(in: 0..<10))))
    lastArrival[connection, default: (now, now)].from = time
    return time
  }
}

/// What is to come, in order of time; what was planned first comes first.
struct Agenda<Event> {
  private var entries: [(time: Timestamp, number: Int, event: Event)] = []
  private var added = 0

  mutating func add(_ event: Event, at time: Timestamp) {
    added += 1
    entries.append((time, added, event))
    var child = entries.count - 1
    while child > 0, isEarlier(child, (child - 1) / 2) {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func next() -> (Timestamp, Event)? {
    guard let first = entries.first else { return nil }
    entries.swapAt(0, entries.count - 1)
    entries.removeLast()
    var parent = 0
    while true {
      let children = [2 * parent + 1, 2 * parent + 2].filter { $0 < entries.count }
      guard let least = children.min(by: { isEarlier($0, $1) }), isEarlier(least, parent) else { break }
      entries.swapAt(least, parent)
      parent = least
    }
    return (first.time, first.event)
  }

  private func isEarlier(_ a: Int, _ b: Int) -> Bool {
    (entries[a].time, entries[a].number) < (entries[b].time, entries[b].number)
  }
}

/// Says it has synced, and has not.
final class SleepyDisk: Disk {
  private let disk: SimulatedDisk

  init(_ disk: SimulatedDisk) { self.disk = disk }

  func open(_ path: String, create: FileCreation) throws(DiskError) -> any DiskFile {
    let file = try disk.open(path, create: create)
    return path.hasPrefix("journal") ? SleepyFile(file) : file
  }
  func makeFolder(_ path: String) { disk.makeFolder(path) }
  func list(_ folder: String) throws(DiskError) -> [String] { try disk.list(folder) }
  func rename(_ path: String, to target: String) throws(DiskError) { try disk.rename(path, to: target) }
  func remove(_ path: String) throws(DiskError) { try disk.remove(path) }
  func syncFolder(_ path: String) throws(DiskError) { try disk.syncFolder(path) }
}

private final class SleepyFile: DiskFile {
  private let file: any DiskFile

  init(_ file: any DiskFile) { self.file = file }

  var openFile: (any OpenFile)? { nil }
  func size() throws(DiskError) -> Int { try file.size() }
  func write(_ pieces: [ByteSlice], at position: Int) throws(DiskError) {
    try file.write(pieces, at: position)
  }
  func read(at position: Int, count: Int) throws(DiskError) -> ByteSlice {
    try file.read(at: position, count: count)
  }
  func truncate(to size: Int) throws(DiskError) { try file.truncate(to: size) }
  func sync() {}
}
