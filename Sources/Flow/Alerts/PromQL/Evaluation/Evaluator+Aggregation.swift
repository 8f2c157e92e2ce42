// Vectors summed up by groups. Groups come in the order in which their first element does.
internal import Metrics

extension Evaluator {
  func aggregate(
    _ aggregation: Aggregation, _ elements: [VectorElement], parameter: Value?, _ node: ExpressionNode
  ) throws(EvaluationFault) -> [VectorElement] {
    var number = Double.nan
    if case .scalar(let value) = parameter { number = value }
    switch aggregation.operation {
    case .topk, .bottomk:
      guard number.isFinite, abs(number) < 0x1p62 else {
        throw EvaluationFault("\(aggregation.operation.rawValue) of \(number)", at: node.range.lowerBound)
      }
      guard number >= 1 else { return [] }
      let count = Int(number)
      return groups(aggregation, elements).flatMap { group in
        ranked(group.elements, isDescending: aggregation.operation == .topk).prefix(count)
      }
    case .countValues:
      guard case .string(let label) = parameter, Label.isName(label) else {
        throw EvaluationFault("count_values with an invalid label", at: node.range.lowerBound)
      }
      // The value is a label like others before elements are grouped; it replaces one of the same name.
      var grouping = aggregation
      if !grouping.isWithout { grouping.labels.append(label) }
      let valued = elements.map { element in
        VectorElement(
          labels: element.labels.setting(label, to: NumberText.plain(element.value)), value: element.value)
      }
      return groups(grouping, valued).map {
        VectorElement(labels: $0.labels, value: Double($0.elements.count))
      }
    default:
      return groups(aggregation, elements).map { group in
        VectorElement(
          labels: group.labels, value: aggregation.operation.value(of: group.elements.map(\.value), number))
      }
    }
  }

  private func groups(_ aggregation: Aggregation, _ elements: [VectorElement])
    -> [(labels: Labels, elements: [VectorElement])]
  {
    let names = LabelNames(aggregation.labels + (aggregation.isWithout ? [Label.metricName] : []))
    var groups: [(labels: Labels, elements: [VectorElement])] = []
    var indices: [Labels: Int] = [:]
    for element in elements {
      let labels = aggregation.isWithout ? element.labels.dropping(names) : element.labels.keeping(names)
      if let index = indices[labels] {
        groups[index].elements.append(element)
      } else {
        indices[labels] = groups.count
        groups.append((labels, [element]))
      }
    }
    return groups
  }

  /// NaN comes last either way; equal values keep their order.
  func ranked(_ elements: [VectorElement], isDescending: Bool) -> [VectorElement] {
    elements.enumerated().sorted { a, b in
      let (x, y) = (a.element.value, b.element.value)
      if x.isNaN || y.isNaN { return x.isNaN == y.isNaN ? a.offset < b.offset : y.isNaN }
      return x == y ? a.offset < b.offset : (x > y) == isDescending
    }.map(\.element)
  }
}

extension AggregationOperator {
  /// Of at least one value.
  fileprivate func value(of values: [Double], _ parameter: Double) -> Double {
    switch self {
    case .sum: values.compensatedSum
    case .avg: values.compensatedMean
    case .min: values.least
    case .max: values.greatest
    case .count: Double(values.count)
    case .group: 1
    case .stdvar: values.variance
    case .stddev: values.variance.squareRoot()
    case .quantile: values.quantile(parameter)
    case .topk, .bottomk, .countValues: .nan
    }
  }
}
