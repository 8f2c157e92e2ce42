// Operators between scalars, vectors and both: which elements belong together, and what becomes of their
// labels.
internal import Basics
internal import Metrics

extension Evaluator {
  func binary(_ binary: BinaryOperation, _ left: Value, _ right: Value, _ node: ExpressionNode)
    throws(EvaluationFault) -> Value
  {
    switch (left, right) {
    case (.scalar(let a), .scalar(let b)):
      let (value, isKept) = binary.operation.apply(a, b)
      return .scalar(binary.operation.isComparison ? (isKept ? 1 : 0) : value)
    case (.vector(let elements), .scalar(let value)):
      return .vector(try unique(elements.compactMap { binary.applied(to: $0, $0.value, value) }, node))
    case (.scalar(let value), .vector(let elements)):
      return .vector(try unique(elements.compactMap { binary.applied(to: $0, value, $0.value) }, node))
    case (.vector(let a), .vector(let b)):
      switch binary.operation {
      case .and: return .vector(set(binary.matching, a, b) { $1 })
      case .unless: return .vector(set(binary.matching, a, b) { !$1 })
      case .or: return .vector(a + set(binary.matching, b, a) { !$1 })
      default: return .vector(try matched(binary, a, b, node))
      }
    default: return .vector([])
    }
  }

  /// The elements of `a` for which `isKept` says so, told whether `b` has one with the same labels.
  private func set(
    _ matching: VectorMatching, _ a: [VectorElement], _ b: [VectorElement],
    isKept: (VectorElement, Bool) -> Bool
  ) -> [VectorElement] {
    let names = matching.names
    let present = Set(b.map { matching.key($0.labels, names) })
    return a.filter { isKept($0, present.contains(matching.key($0.labels, names))) }
  }

  private func matched(
    _ binary: BinaryOperation, _ left: [VectorElement], _ right: [VectorElement], _ node: ExpressionNode
  ) throws(EvaluationFault) -> [VectorElement] {
    let matching = binary.matching
    let names = matching.names
    let isSwapped = matching.cardinality == .oneToMany
    let (many, one) = isSwapped ? (right, left) : (left, right)
    guard !many.isEmpty, !one.isEmpty else { return [] }
    var partners: [Labels: VectorElement] = [:]
    partners.reserveCapacity(one.count)
    for element in one {
      let key = matching.key(element.labels, names)
      if let other = partners.updateValue(element, forKey: key) {
        throw EvaluationFault(
          "two elements of the \(isSwapped ? "left" : "right") side for the group \(key): "
            + "\(other.labels) and \(element.labels); matching labels must be unique on one side",
          at: node.range.lowerBound)
      }
    }
    var result: [VectorElement] = []
    var taken: Set<Labels> = []
    for element in many {
      let key = matching.key(element.labels, names)
      guard let partner = partners[key] else { continue }
      let (a, b) = isSwapped ? (partner.value, element.value) : (element.value, partner.value)
      var (value, isKept) = binary.operation.apply(a, b)
      if binary.returnsBool { (value, isKept) = (isKept ? 1 : 0, true) }
      guard isKept else { continue }
      let labels = binary.resultLabels(element.labels, partner.labels, names)
      guard taken.insert(matching.cardinality == .oneToOne ? key : labels).inserted else {
        throw EvaluationFault(
          matching.cardinality == .oneToOne
            ? "several elements of the left side for the group \(key); that needs group_left or group_right"
            : "two results with the labels \(labels); the group modifier's labels must tell them apart",
          at: node.range.lowerBound)
      }
      result.append(VectorElement(labels: labels, value: value))
    }
    return result
  }
}

extension BinaryOperator {
  /// The value, and whether a comparison keeps it; a comparison's value is its left side.
  func apply(_ a: Double, _ b: Double) -> (value: Double, isKept: Bool) {
    switch self {
    case .plus: (a + b, true)
    case .minus: (a - b, true)
    case .times: (a * b, true)
    case .over: (a / b, true)
    case .modulo: (a.truncatingRemainder(dividingBy: b), true)
    case .power: (Mathematics.pow(a, b), true)
    case .atan2: (Mathematics.atan2(a, b), true)
    case .equal: (a, a == b)
    case .notEqual: (a, a != b)
    case .less: (a, a < b)
    case .lessOrEqual: (a, a <= b)
    case .greater: (a, a > b)
    case .greaterOrEqual: (a, a >= b)
    case .and, .or, .unless: (a, true)
    }
  }
}

extension BinaryOperation {
  /// A vector's element against a scalar: filtered or computed.
  fileprivate func applied(to element: VectorElement, _ a: Double, _ b: Double) -> VectorElement? {
    let (value, isKept) = operation.apply(a, b)
    if returnsBool { return element.unnamed(isKept ? 1 : 0) }
    // A filter keeps the element as it is, on whichever side it stands.
    if operation.isComparison { return isKept ? element : nil }
    return element.unnamed(value)
  }

  fileprivate func resultLabels(_ many: Labels, _ one: Labels, _ names: LabelNames) -> Labels {
    var labels = operation.isComparison && !returnsBool ? many : many.unnamed
    if matching.cardinality == .oneToOne {
      labels = matching.isOn ? labels.keeping(names) : labels.dropping(names)
    }
    for name in matching.included { labels = labels.setting(name, to: one[name]) }
    return labels
  }
}

extension VectorMatching {
  /// What `on` or `ignoring` names.
  fileprivate var names: LabelNames { LabelNames(labels) }

  /// What two elements must share to belong together.
  fileprivate func key(_ labels: Labels, _ names: LabelNames) -> Labels {
    isOn ? labels.keeping(names) : labels.dropping(names).unnamed
  }
}
