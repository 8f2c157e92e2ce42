// Who may sign on: a file of one line a user, which holds what SCRAM needs to check a password and nothing
// that gives the password away.
//
//   name SCRAM-SHA-256 iterations salt stored-key server-key read=PREFIX,... write=PREFIX,... \
//     group=PREFIX,... transactional-id=PREFIX,...
//
// Keys and salt are in base64 (RFC 5802, RFC 7677); `read=*` is every topic, without `read=` it is none.
// Empty lines and lines that begin with `#` are skipped.
public import Basics
public import BrokerCore

/// A password, kept as what it can be checked by.
public struct StoredPassword: Hashable, Sendable {
  static let saltSize = 16
  /// RFC 7677's least; PLAIN computes as many at each sign-on, one after another, so not more by default.
  public static let iterationsStandard = 4096

  let iterations: Int
  let salt: [UInt8]
  let storedKey: [UInt8]
  let serverKey: [UInt8]

  /// Salted anew.
  public init(_ password: String, iterations: Int = Self.iterationsStandard) {
    self.init(
      password, salt: (0..<Self.saltSize).map { _ in .random(in: 0...255) }, iterations: iterations)
  }

  init(_ password: String, salt: [UInt8], iterations: Int) {
    let salted = HMACSHA256(key: pbkdf2(password: Array(password.utf8), salt: salt, iterations: iterations))
    self.init(
      iterations: iterations, salt: salt, storedKey: SHA256.hash(salted.code(of: Array("Client Key".utf8))),
      serverKey: salted.code(of: Array("Server Key".utf8)))
  }

  init(iterations: Int, salt: [UInt8], storedKey: [UInt8], serverKey: [UInt8]) {
    (self.iterations, self.salt) = (iterations, salt)
    (self.storedKey, self.serverKey) = (storedKey, serverKey)
  }

  func matches(_ password: String) -> Bool {
    let given = StoredPassword(password, salt: salt, iterations: iterations)
    return areEqualInConstantTime(given.storedKey, storedKey)
  }
}

public struct User: Hashable, Sendable {
  public var principal: Principal
  public var password: StoredPassword

  public init(principal: Principal, password: StoredPassword) {
    self.principal = principal
    self.password = password
  }

  /// The user's line of the file.
  public var line: String {
    let keys = [password.salt, password.storedKey, password.serverKey].map { base64($0) }
    let fields = [principal.name, SCRAMExchange.mechanism, String(password.iterations)] + keys
    let rights = [
      Self.field("read", principal.reads), Self.field("write", principal.writes),
      Self.field("group", principal.groups), Self.field("transactional-id", principal.transactionalIDs),
    ]
    return (fields + rights).filter { !$0.isEmpty }.joined(separator: " ")
  }

  private static func field(_ name: String, _ names: NamePrefixes) -> String {
    let prefixes = names.prefixes.map { $0.isEmpty ? "*" : $0 }
    return prefixes.isEmpty ? "" : "\(name)=\(prefixes.joined(separator: ","))"
  }

  /// What is wrong with a user's name; nil when nothing is.
  public static func fault(inName name: String) -> String? {
    let isPlain = name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F } && !name.hasPrefix("#")
    return isPlain && (1...255).contains(name.utf8.count)
      ? nil : "a user's name has 1 to 255 bytes, no spaces, and does not begin with #"
  }
}

/// All users, by name.
public struct Users: Sendable {
  /// More would make each sign-on by PLAIN hold the next ones up for a long time.
  private static let iterations = 4096...1_000_000

  private var users: [String: User] = [:]
  /// Makes up salts for names that are not there, the same each time, so that nobody learns which are.
  private let secret: [UInt8] = (0..<32).map { _ in .random(in: 0...255) }

  public init(_ users: [User]) {
    for user in users { self.users[user.principal.name] = user }
  }

  /// Reads the file's text; every wrong line is told.
  public init(reading text: String, file: String) throws(Diagnostics) {
    var findings: [Diagnostic] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      // The line is not repeated: it holds keys.
      let place = Diagnostic.Place.file(file, line: index + 1, column: 1)
      guard let user = Self.user(words) else {
        let next = "ratchet broker user NAME prints a line"
        findings.append(Diagnostic("this is no user's line", at: place, next: next))
        continue
      }
      if users.updateValue(user, forKey: first) != nil {
        findings.append(Diagnostic("\"\(first)\" stands twice", at: place))
      }
    }
    if !findings.isEmpty { throw Diagnostics(findings) }
  }

  private static func user(_ words: [String]) -> User? {
    guard words.count >= 6, words[1] == SCRAMExchange.mechanism, let iterations = Int(words[2]),
      Self.iterations.contains(iterations), let salt = bytes(base64: words[3]),
      let storedKey = bytes(base64: words[4]), let serverKey = bytes(base64: words[5]),
      storedKey.count == 32, serverKey.count == 32, User.fault(inName: words[0]) == nil
    else { return nil }
    var principal = Principal(name: words[0], reads: .none, writes: .none)
    for field in words[6...] {
      let parts = field.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { return nil }
      let prefixes = parts[1].split(separator: ",").map { $0 == "*" ? "" : String($0) }
      switch parts[0] {
      case "read": principal.reads = NamePrefixes(prefixes)
      case "write": principal.writes = NamePrefixes(prefixes)
      case "group": principal.groups = NamePrefixes(prefixes)
      case "transactional-id": principal.transactionalIDs = NamePrefixes(prefixes)
      default: return nil
      }
    }
    let password = StoredPassword(
      iterations: iterations, salt: salt, storedKey: storedKey, serverKey: serverKey)
    return User(principal: principal, password: password)
  }

  subscript(name: String) -> User? { users[name] }

  /// What nobody's password matches, told like a user's.
  func decoy(for name: String) -> StoredPassword {
    let salt = HMACSHA256(key: secret).code(of: Array(name.utf8))
    return StoredPassword(
      iterations: StoredPassword.iterationsStandard, salt: Array(salt.prefix(StoredPassword.saltSize)),
      storedKey: SHA256.hash(secret), serverKey: SHA256.hash(salt))
  }
}
