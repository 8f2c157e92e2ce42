// A TCP port that clients connect to.
internal import Glibc

/// Listens on one address. Never blocks: without a waiting client `accept` says so.
public final class ListeningSocket {
  public let descriptor: Descriptor
  /// The port listened on: the kernel's choice if 0 was asked for.
  public let port: UInt16

  /// `host` is a name or an address of either family; the first that resolves is taken.
  public init(host: String, port: UInt16) throws(SystemCallError) {
    let address = try SocketAddress(resolving: host, port: port)
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = try Descriptor(socket(address.family, type, 0), from: "socket")
    try setOption(SOL_SOCKET, SO_REUSEADDR, on: descriptor.rawValue)
    let bound = unsafe address.withSocketAddress { unsafe bind(descriptor.rawValue, $0, $1) }
    guard bound == 0 else { throw .last("bind") }
    guard listen(descriptor.rawValue, 1024) == 0 else { throw .last("listen") }
    self.descriptor = descriptor
    self.port = try SocketAddress(ofSocket: descriptor.rawValue).port
  }

  public enum Acceptance {
    case client(Socket)
    case noneWaiting
    /// This process or the machine has no descriptors or memory left.
    case exhausted(SystemCallError)
  }

  public func accept() -> Acceptance {
    while true {
      let accepted = Glibc.accept(descriptor.rawValue, nil, nil)
      if accepted >= 0, let client = try? Socket(accepted: accepted) { return .client(client) }
      switch errno {
      case EAGAIN: return .noneWaiting
      case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted(.last("accept"))
      // The client has gone again, or the network reports a fault of its own: the next one may be well.
      default: continue
      }
    }
  }
}

func setOption(_ level: Int32, _ option: Int32, on socket: Int32) throws(SystemCallError) {
  var on: Int32 = 1
  let result = unsafe setsockopt(socket, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
  guard result == 0 else { throw .last("setsockopt") }
}
