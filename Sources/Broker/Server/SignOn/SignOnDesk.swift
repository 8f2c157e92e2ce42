// Where there are users: the connections that wait to sign on, in order; the thread that checks passwords,
// one at a time; and who failed too often to be heard now.
internal import Basics
internal import BrokerCore
internal import BrokerProtocol
internal import POSIX

/// An authentication's message on its way: nothing else is taken from its connection meanwhile.
struct SignOnStep {
  var header: RequestHeader
  var request: Request
  /// The request's size.
  var bytes: Int
}

/// Belongs to the loop's thread.
final class SignOnDesk {
  let users: Users
  var failures: FailedSignOns
  private let checker: JobThread<PasswordCheck>
  /// Whose password is being checked.
  private var checked: (id: ConnectionID, address: String, step: SignOnStep)?
  private(set) var waiting: [ConnectionID] = []

  init(_ users: Users, failures_max: Int, waking loop: Wakeup) throws(SystemCallError) {
    self.users = users
    failures = FailedSignOns(most: failures_max)
    checker = try JobThread("broker-sign-on", waking: loop) { $0.run() }
  }

  var isBusy: Bool { checker.isBusy }

  func wait(_ id: ConnectionID) { waiting.append(id) }

  /// Those that wait, in order; who still has to is put back by `wait`.
  func takeWaiting() -> [ConnectionID] {
    defer { waiting = [] }
    return waiting
  }

  func start(_ check: PasswordCheck, for id: ConnectionID, at address: String, _ step: SignOnStep) {
    checked = (id, address, step)
    checker.start(check)
  }

  func takeFinished() throws(StoreError) -> (
    check: PasswordCheck, id: ConnectionID, address: String, step: SignOnStep
  )? {
    guard let check = try checker.takeFinished(), let checked else { return nil }
    self.checked = nil
    return (check, checked.id, checked.address, checked.step)
  }

  func stop() { checker.stop() }
}
