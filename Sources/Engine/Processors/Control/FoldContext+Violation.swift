// How folds of events say what is wrong with a record that they set aside: quarantine keeps the JSON pointer
// and the rule beside the reason.
internal import Events
internal import Runtime

extension FoldContext {
  /// Sets the record being folded aside for what its event breaks.
  mutating func setAside(_ violation: Violation) -> Verdict {
    setAside(
      SetAsideReason(rawValue: violation.reason.rawValue), rule: violation.rule, pointer: violation.pointer)
  }

  /// Sets the record being folded aside and notes the rule behind the reason.
  mutating func setAside(_ reason: SetAsideReason, rule: String, pointer: String = "") -> Verdict {
    explain(rule: rule, pointer: pointer)
    return .setAside(reason)
  }
}
