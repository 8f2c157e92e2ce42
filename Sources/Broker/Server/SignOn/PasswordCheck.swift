// One password of PLAIN on its way through a thread of its own: deriving keys from it takes milliseconds, on
// purpose, and the loop has others to serve.
internal import BrokerCore
internal import Synchronization

final class PasswordCheck: Sendable {
  let name: String
  private let user: User?
  private let stored: StoredPassword
  private let password: String
  private let matches = Mutex(false)

  /// A name that is not there costs as much as one that is.
  init(_ password: String, of name: String, users: Users) {
    self.name = name
    self.password = password
    user = users[name]
    stored = user?.password ?? users.decoy(for: name)
  }

  func run() {
    let matches = stored.matches(password)
    self.matches.withLock { $0 = matches }
  }

  /// Who it is, once it has run; nil for a wrong name or password.
  var principal: Principal? { matches.withLock(\.self) ? user?.principal : nil }
}
