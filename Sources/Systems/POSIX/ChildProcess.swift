// A program that this process starts, watches and ends: for measurements and for whoever embeds a command.
internal import Glibc

/// A running program; killed and waited for when its owner lets go of it.
@safe public struct ChildProcess: ~Copyable {
  public let id: Int32
  /// Nil while nobody has waited for it.
  private var status: Int32?

  /// Starts the program at `path` with this process's environment; its input is the file at `input`, nothing
  /// unless given. What it prints goes to the file at `output`, which is emptied first.
  public init(
    _ path: String, _ arguments: [String], input: String = "/dev/null", output: String
  ) throws(SystemCallError) {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    var id: pid_t = 0
    let code = unsafe posix_spawn(&id, path, &actions, nil, &words, environ)
    guard code == 0 else { throw SystemCallError("posix_spawn \(path)", code: code) }
    self.id = id
  }

  deinit {
    guard status == nil else { return }
    kill(id, SIGKILL)
    waitpid(id, nil, 0)
  }

  public enum Signal: Sendable {
    case terminate, interrupt, kill
    /// Holds every thread of it still, until `proceed`.
    case pause, proceed
  }

  public func send(_ signal: Signal) {
    let number =
      switch signal {
      case .terminate: SIGTERM
      case .interrupt: SIGINT
      case .kill: SIGKILL
      case .pause: SIGSTOP
      case .proceed: SIGCONT
      }
    kill(id, number)
  }

  /// What `wait` would return, if it is over.
  public mutating func ended() -> Int32? {
    if let status { return status }
    var raw: Int32 = 0
    guard retrying({ unsafe waitpid(id, &raw, WNOHANG) }) == id else { return nil }
    status = Self.code(raw)
    return status
  }

  /// Waits until it is over. Its exit code, or a signal's number plus 128, as shells say it.
  public mutating func wait() -> Int32 {
    if let status { return status }
    var raw: Int32 = 0
    _ = retrying { unsafe waitpid(id, &raw, 0) }
    let code = Self.code(raw)
    status = code
    return code
  }

  private static func code(_ raw: Int32) -> Int32 {
    raw & 0x7F == 0 ? (raw >> 8) & 0xFF : 128 + (raw & 0x7F)
  }

  /// What the kernel counts of its memory, in bytes; nil when it is over.
  public var memory: Memory? {
    guard let text = firstBytes(ofFile: "/proc/\(id)/status") else { return nil }
    func bytes(_ name: String) -> Int? {
      let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
      return line?.split(separator: " ").compactMap { Int($0) }.first.map { $0 << 10 }
    }
    guard let now = bytes("VmRSS:"), let peak = bytes("VmHWM:") else { return nil }
    return Memory(now_bytes: now, peak_bytes: peak)
  }

  /// Processor time used so far by all its threads, to a hundredth of a second; nil when it is over.
  public var processorTime: Duration? {
    // The program's name stands in parentheses and may hold anything; user and system time are the 12th and
    // 13th field behind it.
    guard let text = firstBytes(ofFile: "/proc/\(id)/stat"), let name = text.lastIndex(of: ")") else {
      return nil
    }
    let fields = text[name...].split(separator: " ")
    guard fields.count > 13, let user = Int(fields[12]), let system = Int(fields[13]) else { return nil }
    return .seconds(user + system) / Int(sysconf(Int32(_SC_CLK_TCK)))
  }

  public struct Memory: Sendable {
    /// Resident now, and at the most so far.
    public var now_bytes: Int, peak_bytes: Int
  }
}

/// Files of the kernel's are short, and are made anew by each read.
private func firstBytes(ofFile path: String) -> String? {
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  return unsafe withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 1) { buffer in
    let count = unsafe read(descriptor, buffer.baseAddress, buffer.count)
    return unsafe count < 0
      ? nil : String(decoding: UnsafeRawBufferPointer(rebasing: buffer[..<count]), as: UTF8.self)
  }
}
