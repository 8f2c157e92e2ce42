// What is to be forgotten: the value behind `erasure.requested` (R14.8).

/// Everything of a user, a session or an execution, within one organization; at least one is named.
public struct Erasure: Hashable, Sendable {
  public var organization: String
  public var user: String?
  public var session: String?
  public var execution: String?

  public init(organization: String, user: String? = nil, session: String? = nil, execution: String? = nil) {
    self.organization = organization
    self.user = user
    self.session = session
    self.execution = execution
  }

  public init(organization: String, _ event: borrowing Fields<ErasureRequested>) {
    self.init(
      organization: organization, user: event.text(.userID)?.string, session: event.text(.sessionID)?.string,
      execution: event.text(.executionID)?.string)
  }

  /// Whether something of these, in its organization, is among what is to be forgotten.
  public func covers(user: String? = nil, session: String? = nil, execution: String? = nil) -> Bool {
    (self.user != nil && self.user == user) || (self.session != nil && self.session == session)
      || (self.execution != nil && self.execution == execution)
  }
}
