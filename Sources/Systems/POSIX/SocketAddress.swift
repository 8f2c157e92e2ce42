// Addresses of both families, as the kernel has them.
internal import Glibc

struct SocketAddress: CustomStringConvertible {
  private var storage = sockaddr_storage()
  private var length = socklen_t(MemoryLayout<sockaddr_storage>.size)

  /// The first stream address that `host` resolves to.
  init(resolving host: String, port: UInt16) throws(SystemCallError) {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = AI_PASSIVE
    var found: UnsafeMutablePointer<addrinfo>?
    let status = unsafe getaddrinfo(host, String(port), &hints, &found)
    guard status == 0, let first = unsafe found else {
      throw SystemCallError("resolving \(host)", code: status == EAI_SYSTEM ? errno : ENOENT)
    }
    length = unsafe first.pointee.ai_addrlen
    unsafe withUnsafeMutableBytes(of: &storage) { target in
      let source = unsafe UnsafeRawBufferPointer(start: first.pointee.ai_addr, count: Int(length))
      unsafe target.copyMemory(from: source)
    }
    unsafe freeaddrinfo(found)
  }

  /// The address that `socket` is bound to.
  init(ofSocket socket: Int32) throws(SystemCallError) {
    try unsafe self.init(of: socket, "getsockname") { unsafe getsockname($0, $1, $2) }
  }

  /// The address at the other end of `socket`.
  init(ofPeer socket: Int32) throws(SystemCallError) {
    try unsafe self.init(of: socket, "getpeername") { unsafe getpeername($0, $1, $2) }
  }

  private init(
    of socket: Int32, _ call: String,
    _ ask: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) throws(SystemCallError) {
    var length = length
    let status = unsafe withUnsafeMutablePointer(to: &storage) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe ask(socket, $0, &length) }
    }
    guard status == 0 else { throw .last(call) }
    self.length = length
  }

  var family: Int32 { Int32(storage.ss_family) }

  var port: UInt16 {
    unsafe withUnsafeBytes(of: storage) {
      // sockaddr_in and sockaddr_in6 hold it at the same place.
      unsafe UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self))
    }
  }

  func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    unsafe withUnsafePointer(to: storage) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
    }
  }

  /// `address:port`, or `[address]:port` of version 6.
  var description: String {
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let status = unsafe withSocketAddress {
      unsafe getnameinfo($0, $1, &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST)
    }
    guard status == 0 else { return "an unknown address" }
    let name = String(decoding: host.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return family == AF_INET6 ? "[\(name)]:\(port)" : "\(name):\(port)"
  }
}
