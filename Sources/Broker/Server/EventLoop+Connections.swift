// Clients come, send, read and go. What one of them does wrong costs its own connection and nobody else's.
internal import Basics
internal import BrokerCore
internal import BrokerProtocol
internal import POSIX

extension EventLoop {
  func acceptClients() {
    while true {
      switch listener.accept() {
      case .noneWaiting: return
      case .client(let socket): admit(socket)
      case .exhausted(let error):
        log.warning("accept_paused", "no descriptors left for clients", error: error.description)
        acceptsAgain = now + .seconds(1)
        // Readiness would be told again and again.
        try? poller.change(listener.descriptor, key: Key.listener, to: [])
        return
      }
    }
  }

  func resumeAccepting() {
    acceptsAgain = nil
    try? poller.change(listener.descriptor, key: Key.listener, to: .reading)
  }

  private func admit(_ socket: Socket) {
    guard connections.count < settings.connections_max else {
      log.warning(
        "connection_refused", "as many clients as allowed are connected",
        data: ["peer": .text(socket.peer), "connections_max": .integer(Int64(settings.connections_max))])
      return
    }
    lastConnection += 1
    let id = ConnectionID(rawValue: lastConnection)
    let connection = Connection(id: id, socket: socket, now: now)
    do {
      try poller.add(socket.descriptor, key: id.rawValue, for: .reading)
      connections[id] = connection
    } catch {
      log.warning("connection_refused", "the kernel refused to watch it", error: error.description)
    }
  }

  func handle(_ event: Poller.Event, of id: ConnectionID) {
    guard let connection = connections[id] else { return }
    // A broken connection is read to its end, whether or not reading was wanted.
    if event.ready.contains(.reading) || event.isBroken { connection.receive(now: now) }
    if event.isBroken, !connection.isEnded { return close(connection, because: nil) }
    touched.insert(id)
  }

  /// Takes it as far as it goes: sends what is ready, then takes the requests there is room for.
  func advance(_ connection: Connection) {
    send(connection)
    guard connections[connection.id] != nil else { return }
    do {
      while connection.hasRoom(settings),
        let frame = try connection.takeFrame(atMost: requestLimit(of: connection))
      {
        try take(frame, from: connection)
      }
    } catch {
      return close(connection, because: "\(error)")
    }
    let isTold = connection.endsAfterAnswer && connection.output.isEmpty && connection.replies.count == 0
    if connection.isEnded || isTold { return close(connection, because: nil) }
    var interest: Poller.Interest = connection.hasRoom(settings) ? .reading : []
    if !connection.output.isEmpty { interest.insert(.writing) }
    watch(connection, for: interest)
  }

  func watch(_ connection: Connection, for interest: Poller.Interest) {
    guard interest != connection.interest else { return }
    connection.interest = interest
    do {
      try poller.change(connection.socket.descriptor, key: connection.id.rawValue, to: interest)
    } catch {
      close(connection, because: error.description)
    }
  }

  private func requestLimit(of connection: Connection) -> Int {
    let isStranger = desk != nil && !connection.signOn.isSignedOn
    return min(settings.request_bytes_max, isStranger ? SignOn.request_bytes_max : .max)
  }

  private func take(_ frame: ByteSlice, from connection: Connection) throws {
    let (header, request): (RequestHeader, Request)
    do {
      (header, request) = try Request.decode(frame)
    } catch WireError.unsupportedVersion(let header) where header.key == .apiVersions {
      return answerUnknownAPIVersions(header, connection, bytes: frame.count)
    }
    guard let desk else {
      return pass(request, header, from: connection, as: .anyone, bytes: frame.count)
    }
    take(request, header, from: connection, at: desk, bytes: frame.count)
  }

  func pass(
    _ request: Request, _ header: RequestHeader, from connection: Connection, as principal: Principal,
    bytes: Int
  ) {
    if case .produce(let produce) = request, produce.acks == .none {
      broker.handle(request, header: header, from: connection.id, token: .unanswered, as: principal, now: now)
    } else {
      let token = connection.replies.expect(header, bytes: bytes)
      broker.handle(
        request, header: header, from: connection.id, token: token, as: principal, now: now)
    }
  }

  /// A client newer than this broker learns the versions from an answer in the oldest layout (KIP-511).
  private func answerUnknownAPIVersions(_ header: RequestHeader, _ connection: Connection, bytes: Int) {
    let oldest = RequestHeader(key: .apiVersions, version: 0, correlationID: header.correlationID)
    answer(oldest, .apiVersions(APIVersionsResponse(error: .unsupportedVersion)), connection, bytes: bytes)
  }

  /// An answer that the server gives by itself.
  func answer(
    _ header: RequestHeader, _ response: Response, _ connection: Connection, bytes: Int
  ) {
    let token = connection.replies.expect(header, bytes: bytes)
    connection.replies.answer(token, response)
    touched.insert(connection.id)
  }

  /// Sends the answers whose turn it is, as far as the client takes them.
  func send(_ connection: Connection) {
    while connection.output.unsent_bytes < settings.unsent_bytes_max, let next = connection.replies.next() {
      connection.output.append(next.response, to: next.header)
    }
    let before = connection.output.unsent_bytes
    switch connection.output.send(to: connection.socket) {
    case .closed: close(connection, because: nil)
    // Having sent makes room for more.
    case nil: if connection.replies.isReady { touched.insert(connection.id) }
    case .wouldBlock, .bytes: break
    }
    if connection.output.unsent_bytes < before { connection.lastActive = now }
  }

  /// Says why, if the client is to blame.
  func close(_ connection: Connection, because fault: String?) {
    guard connections.removeValue(forKey: connection.id) != nil else { return }
    touched.remove(connection.id)
    try? poller.remove(connection.socket.descriptor)
    broker.disconnected(connection.id, now: now)
    if let fault {
      log.warning(
        "connection_closed", "the client sent what cannot be served",
        data: ["peer": .text(connection.socket.peer)], error: fault)
    }
  }
}
