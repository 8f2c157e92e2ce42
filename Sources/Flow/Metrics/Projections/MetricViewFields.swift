// What a row of a view says (R8.7): views are declared in metrics.yaml, so their columns are a map.
public import Events

/// The fields of a row of a view.
public enum MetricViewField: Int, ProjectionKind {
  case labels, columns, at

  /// The first of the shipped views, for the writer; all have these fields.
  public static let shape = view(
    "learning-session-metrics",
    "A learning session of the last hour: accuracy at its beginning and now, what it has learned (R8.7).",
    key: "organization and session")

  /// A projection of a view's rows.
  public static func view(_ name: String, _ about: String, key: String) -> ProjectionShape {
    ProjectionShape(
      .projection, on: name, about, key: "\(key), as organization/id", fields: Self.self,
      columns: [.labels, .columns, .at])
  }

  /// The shipped views.
  public static let shapes = [
    shape,
    view(
      "pattern-quality-metrics",
      "A type of pattern over the last day: mean confidence, count, validation rate (R8.7).",
      key: "organization and pattern type"),
    view(
      "user-engagement-metrics",
      "A user since midnight: sessions, interactions, share of voice, mean learning value (R8.7).",
      key: "organization and user"),
  ]

  public var field: Field {
    switch self {
    case .labels: .map("labels", of: .text(charactersMax: 1024), "what tells the row from others").required
    case .columns:
      .map(
        "columns", of: .number(-Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude),
        "by name, as metrics.yaml has them; one without a value is left out"
      ).required
    case .at: .time("at", "the end of the last pane that said anything of it").required
    }
  }
}
