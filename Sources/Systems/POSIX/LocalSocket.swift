// One question and one answer between two processes of one machine, through a socket that stands in a folder.
// Who may open the socket is the file system's affair: only its owner.
internal import Glibc

/// Answers questions on a thread of its own, one after the other. A question is a line, an answer any bytes.
public final class LocalServer: Sendable {
  private let path: String
  private let stopping: Wakeup
  private let thread: Thread

  /// Stands at `folder`/`name`, in place of whatever a process that has ended left there: the caller must
  /// hold the folder for itself. `answer` runs on the server's thread.
  public init(
    folder: String, name: String, answer: @escaping @Sendable (_ question: String) -> [UInt8]
  ) throws(SystemCallError) {
    path = "\(folder)/\(name)"
    try removeFile(path)
    let listener = try localSocket()
    let address = try LocalAddress(folder: folder, name: name)
    guard unsafe address.lend({ unsafe bind(listener.rawValue, $0, $1) }) == 0 else { throw .last("bind") }
    // Before anybody can connect.
    guard unsafe chmod(path, 0o600) == 0 else { throw .last("chmod") }
    guard listen(listener.rawValue, 16) == 0 else { throw .last("listen") }
    let stopping = try Wakeup()
    self.stopping = stopping
    thread = try Thread("local-server") { serve(listener, until: stopping.descriptor, answer) }
  }

  /// Ends the thread, after the question it is at, and removes the socket.
  public func stop() {
    stopping.ring()
    thread.join()
    try? removeFile(path)
  }
}

/// Asks the process whose server stands at `folder`/`name`, and waits for its answer for up to `patience`.
public func askLocally(
  _ question: String, folder: String, name: String, patience: Duration = .seconds(30)
) throws(SystemCallError) -> [UInt8] {
  let socket = try localSocket()
  let address = try LocalAddress(folder: folder, name: name)
  setTimeouts(socket.rawValue, patience)
  guard unsafe address.lend({ unsafe connect(socket.rawValue, $0, $1) }) == 0 else { throw .last("connect") }
  try writeAll(Array("\(question)\n".utf8), to: socket)
  guard shutdown(socket.rawValue, Int32(SHUT_WR)) == 0 else { throw .last("shutdown") }
  return try read(socket, limit: answerBytesMax) { _ in false }
}

extension SystemCallError {
  /// No server stands there.
  public var isNobodyThere: Bool { code == ENOENT || code == ECONNREFUSED || code == ENOTDIR }
}

/// Far above what anybody asks or answers; it bounds what a stranger can make a process hold.
private let questionBytesMax = 4096
private let answerBytesMax = 16 << 20

/// How long a client that says nothing, or does not listen, may hold the others up.
private let clientPatience = Duration.seconds(2)

private func serve(_ listener: Descriptor, until end: Descriptor, _ answer: (String) -> [UInt8]) {
  while true {
    var watched = [listener, end].map { pollfd(fd: $0.rawValue, events: Int16(POLLIN), revents: 0) }
    guard retrying({ unsafe poll(&watched, 2, -1) }) > 0, watched[1].revents == 0 else { return }
    guard let client = try? Descriptor(accept(listener.rawValue, nil, nil), from: "accept") else { continue }
    setTimeouts(client.rawValue, clientPatience)
    let newline = UInt8(ascii: "\n")
    guard let question = try? read(client, limit: questionBytesMax, until: { $0.contains(newline) }) else {
      continue
    }
    try? writeAll(answer(String(decoding: question.prefix { $0 != newline }, as: UTF8.self)), to: client)
  }
}

private func localSocket() throws(SystemCallError) -> Descriptor {
  let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
  return try Descriptor(socket(AF_UNIX, type, 0), from: "socket")
}

private func setTimeouts(_ socket: Int32, _ patience: Duration) {
  var time = timeval()
  time.tv_sec = Int(patience.components.seconds)
  let size = socklen_t(MemoryLayout<timeval>.size)
  for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
    _ = unsafe setsockopt(socket, SOL_SOCKET, option, &time, size)
  }
}

private func writeAll(_ bytes: [UInt8], to socket: Descriptor) throws(SystemCallError) {
  var done = 0
  while done < bytes.count {
    let count = retrying {
      unsafe bytes.withUnsafeBytes {
        unsafe send(socket.rawValue, $0.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL))
      }
    }
    guard count > 0 else { throw .last("send") }
    done += count
  }
}

/// Up to the other side's end, or until what has come is enough.
private func read(
  _ socket: Descriptor, limit: Int, until isEnough: ([UInt8]) -> Bool
) throws(SystemCallError) -> [UInt8] {
  var bytes: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 4096)
  while bytes.count <= limit {
    let count = retrying {
      unsafe piece.withUnsafeMutableBytes { unsafe recv(socket.rawValue, $0.baseAddress, $0.count, 0) }
    }
    guard count >= 0 else { throw .last("recv") }
    if count == 0 { return bytes }
    bytes += piece.prefix(count)
    if isEnough(bytes) { return bytes }
  }
  throw SystemCallError("recv", code: EMSGSIZE)
}

/// A name in a folder as a socket's address. Addresses hold 107 bytes, paths are longer; so the folder is
/// named by a descriptor of it.
private struct LocalAddress {
  private let folder: Descriptor
  private var storage = sockaddr_un()

  init(folder path: String, name: String) throws(SystemCallError) {
    folder = try Descriptor(
      retrying { unsafe open(path, Int32(O_RDONLY) | O_DIRECTORY | O_CLOEXEC) }, from: "open")
    storage.sun_family = sa_family_t(AF_UNIX)
    let text = Array("/proc/self/fd/\(folder.rawValue)/\(name)".utf8)
    let isShort = unsafe withUnsafeMutableBytes(of: &storage.sun_path) { target in
      guard text.count < target.count else { return false }
      unsafe target.copyBytes(from: text)
      return true
    }
    guard isShort else { throw SystemCallError("bind", code: ENAMETOOLONG) }
  }

  func lend<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    unsafe withUnsafePointer(to: storage) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
