// Which arm a user meets (R7.2): the same at every time, on every machine, in every language, with no table
// to look it up in. docs/experiments.md has it in Python.
internal import Basics
public import Events

/// The arm of `user` in `experiment`: SHA-256 of `experiment:user` in UTF-8, its first 53 bits as a fraction
/// of 1; below the treatment's share is treatment. Users' arms in one experiment say nothing about those in
/// another.
public func assignedArm(user: String, experiment: String, treatmentShare: Double) -> Arm {
  let digest = SHA256.hash(Array("\(experiment):\(user)".utf8))
  let bits = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >> 11
  return Double(bits) * 0x1p-53 < treatmentShare ? .treatment : .control
}
