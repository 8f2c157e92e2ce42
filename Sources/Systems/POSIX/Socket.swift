// A connection to one client. Nothing here blocks or raises SIGPIPE, if `ignoreBrokenPipes` was called.
internal import Glibc

/// How a read or a write ended.
public enum Transfer: Sendable {
  /// So many bytes went over, at least one.
  case bytes(Int)
  /// Nothing goes now; the poller tells when.
  case wouldBlock
  /// The other side has gone, or the connection broke; nothing will go any more.
  case closed
}

public final class Socket {
  public let descriptor: Descriptor
  /// `address:port` of the other side.
  public let peer: String

  init(accepted descriptor: Int32) throws(SystemCallError) {
    self.descriptor = try Descriptor(descriptor, from: "accept")
    guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
    else { throw .last("fcntl") }
    peer = try SocketAddress(ofPeer: descriptor).description
    // Answers are written whole; waiting for more of them only delays them.
    try setOption(Int32(IPPROTO_TCP), TCP_NODELAY, on: descriptor)
  }

  func receive(into target: UnsafeMutableRawBufferPointer) -> Transfer {
    let count = retrying { unsafe recv(descriptor.rawValue, target.baseAddress, target.count, 0) }
    return count == 0 ? .closed : outcome(count)
  }

  /// `more` tells that bytes follow at once, so that the kernel does not send a packet for these alone.
  public func send(_ bytes: RawSpan, more: Bool) -> Transfer {
    let flags = Int32(MSG_NOSIGNAL) | (more ? Int32(MSG_MORE) : 0)
    let count = unsafe bytes.withUnsafeBytes { bytes in
      retrying { unsafe Glibc.send(descriptor.rawValue, bytes.baseAddress, bytes.count, flags) }
    }
    return outcome(count)
  }

  /// Sends a part of a file without reading it into this process.
  public func sendFile(_ file: Int32, from offset: Int64, count: Int) -> Transfer {
    var offset = off_t(offset)
    let sent = retrying { unsafe sendfile(descriptor.rawValue, file, &offset, count) }
    // A file that ends before the region does will never fill the frame it was promised to.
    return sent == 0 ? .closed : outcome(sent)
  }

  private func outcome(_ count: Int) -> Transfer {
    if count >= 0 { return .bytes(count) }
    return errno == EAGAIN ? .wouldBlock : .closed
  }
}
