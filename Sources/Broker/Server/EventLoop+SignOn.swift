// Signing on: messages that are cheap to judge are judged at once, passwords on a thread of their own, and
// addresses that fail too often wait for their turn.
internal import Basics
internal import BrokerCore
internal import BrokerProtocol
internal import POSIX

extension EventLoop {
  /// A request where somebody has to say who it is.
  func take(
    _ request: Request, _ header: RequestHeader, from connection: Connection, at desk: SignOnDesk, bytes: Int
  ) {
    guard case .saslAuthenticate = request, !connection.signOn.isSignedOn else {
      let decision = connection.signOn.take(request, users: desk.users)
      return carryOut(decision, connection, SignOnStep(header: header, request: request, bytes: bytes))
    }
    connection.signOnStep = SignOnStep(header: header, request: request, bytes: bytes)
    desk.wait(connection.id)
  }

  /// Takes everybody who waits as far as it goes now.
  func advanceSignOns() throws(LoopFailure) {
    guard let desk else { return }
    do {
      if let (check, id, address, step) = try desk.takeFinished() {
        // Counted also when the client is gone: it might come back at once.
        if check.principal == nil { desk.failures.note(address, now: now) }
        if let connection = connections[id] {
          connection.signOnStep = nil
          carryOut(connection.signOn.conclude(check), connection, step)
          touched.insert(id)
        }
      }
    } catch {
      throw .store(error)
    }
    var heldUp: [String: Int] = [:]
    for id in desk.takeWaiting() {
      if let connection = connections[id] { advanceSignOn(of: connection, at: desk, &heldUp) }
    }
  }

  /// `heldUp` counts by address who waits because of others' failures.
  private func advanceSignOn(of connection: Connection, at desk: SignOnDesk, _ heldUp: inout [String: Int]) {
    guard let step = connection.signOnStep else { return }
    if desk.failures.opens(connection.address) > now {
      heldUp[connection.address, default: 0] += 1
      guard heldUp[connection.address] ?? 0 <= settings.failedSignOns_max else {
        return close(connection, because: "too many failed attempts to sign on from its address")
      }
      return desk.wait(connection.id)
    }
    if connection.signOn.isPlain && desk.isBusy { return desk.wait(connection.id) }
    let decision = connection.signOn.take(step.request, users: desk.users)
    if case .check(let check) = decision {
      return desk.start(check, for: connection.id, at: connection.address, step)
    }
    if case .refuse = decision { desk.failures.note(connection.address, now: now) }
    connection.signOnStep = nil
    carryOut(decision, connection, step)
    touched.insert(connection.id)
  }

  private func carryOut(_ decision: SignOn.Decision, _ connection: Connection, _ step: SignOnStep) {
    switch decision {
    case .pass(let principal):
      pass(step.request, step.header, from: connection, as: principal, bytes: step.bytes)
    case .answer(let response): answer(step.header, response, connection, bytes: step.bytes)
    case .refuse(let response, let reason):
      log.warning("sign_on_refused", reason, data: ["peer": .text(connection.socket.peer)])
      connection.endsAfterAnswer = true
      answer(step.header, response, connection, bytes: step.bytes)
    case .close(let reason): close(connection, because: reason)
    case .check: preconditionFailure("passwords are checked at the desk")
    }
  }

  /// When somebody who waits may be heard again.
  var nextSignOn: Timestamp? {
    guard let desk, !desk.waiting.isEmpty else { return nil }
    let opening = desk.waiting.compactMap { id in
      connections[id].map { desk.failures.opens($0.address) }
    }
    // Who waits for the thread is woken by it.
    return opening.filter { $0 > now }.min()
  }
}
