// What parts of an expression must be to each other.
internal import Metrics

extension ExpressionParser {
  /// The operation with its cardinality, or what is wrong with it.
  func checked(_ binary: BinaryOperation, _ left: ExpressionNode, _ right: ExpressionNode, at place: Int)
    throws(ExpressionFault) -> BinaryOperation
  {
    var binary = binary
    let name = binary.operation.rawValue
    for side in [left, right] where side.type != .scalar && side.type != .vector {
      throw ExpressionFault(
        "\(name) of a \(side.type.rawValue)", at: side.range.lowerBound,
        why: "operators take scalars and instant vectors",
        next: side.type == .matrix ? "a function such as rate() or avg_over_time() makes one" : nil)
    }
    let hasTwoVectors = left.type == .vector && right.type == .vector
    if binary.operation.isSet {
      guard hasTwoVectors else {
        throw ExpressionFault("\(name) with a scalar", at: place, why: "set operators take instant vectors")
      }
      binary.matching.cardinality = .manyToMany
    }
    if binary.matching.isWritten, !hasTwoVectors {
      throw ExpressionFault(
        "on or ignoring with a scalar", at: place, why: "only vectors are matched by labels")
    }
    if binary.operation.isComparison, !binary.returnsBool, left.type == .scalar, right.type == .scalar {
      throw ExpressionFault(
        "a comparison of two scalars without bool", at: place, why: "a scalar cannot be left out",
        next: "write \(name) bool")
    }
    if binary.matching.isOn,
      let label = binary.matching.included.first(where: binary.matching.labels.contains)
    {
      throw ExpressionFault("label \"\(label)\" both in on and in the group modifier", at: place)
    }
    return binary
  }

  func check(
    _ arguments: [ExpressionNode], against signature: Function.Signature, of name: String, at place: Int
  )
    throws(ExpressionFault)
  {
    let takes = signature.takes
    let least = takes.count - signature.optional - (signature.isVariadic ? 1 : 0)
    let isFew = arguments.count < least
    if isFew || (!signature.isVariadic && arguments.count > takes.count) {
      let wanted = takes.isEmpty ? "nothing" : takes.map { "a \($0.rawValue)" }.joined(separator: ", ")
      throw ExpressionFault(
        "\(name) with \(arguments.count) argument\(arguments.count == 1 ? "" : "s")", at: place,
        why: "it takes \(wanted)"
          + (signature.optional > 0
            ? ", the last optional" : signature.isVariadic ? ", the last any number of times" : ""))
    }
    for (index, argument) in arguments.enumerated() {
      let wanted = takes[min(index, takes.count - 1)]
      guard argument.type != wanted else { continue }
      var hint: String?
      if wanted == .matrix, argument.type == .vector {
        if case .selector = argument.bare.kind {
          hint = "add a range, as [5m]"
        } else {
          hint = "add a subquery, as [5m:]"
        }
      } else if wanted == .vector, argument.type == .matrix {
        hint = "leave the range out, or put a function over it, as \(name)(avg_over_time(...))"
      }
      throw ExpressionFault(
        "a \(argument.type.rawValue) as argument \(index + 1) of \(name)", at: argument.range.lowerBound,
        why: "it takes a \(wanted.rawValue)", next: hint)
    }
    try checkTexts(arguments, of: name)
  }

  private func checkTexts(_ arguments: [ExpressionNode], of name: String) throws(ExpressionFault) {
    func literal(_ index: Int) -> (text: String, place: Int)? {
      guard arguments.indices.contains(index), case .string(let text) = arguments[index].bare.kind else {
        return nil
      }
      return (text, arguments[index].range.lowerBound)
    }
    if name == "label_replace" || name == "label_join", let target = literal(1), !Label.isName(target.text) {
      throw ExpressionFault("\"\(target.text)\" is no label's name", at: target.place)
    }
    if name == "label_replace", let text = literal(4) { _ = try pattern(text.text, at: text.place) }
  }
}
