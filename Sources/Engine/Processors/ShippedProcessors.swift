// The processors that the product runs. Here Flow's folds, which know no engine, meet the engine, which knows
// no domain; the folder of each holds its fold and its definition.
public import Runtime

/// Every processor, over topics whose names begin with `prefix`; `board` takes what the gateway shows.
public func shippedProcessors(prefix: String, board: MetricsBoard? = nil) -> [ProcessorDefinition] {
  [
    .collect(prefix: prefix), .review(prefix: prefix), .experiments(prefix: prefix),
    .retrieval(prefix: prefix), .metrics(prefix: prefix, board: board), .rollouts(prefix: prefix),
  ]
}
