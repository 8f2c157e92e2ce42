// What looking at one trigger has found, with everything a decision must say about it (R10.4).
public import Events
internal import Basics
public import Metrics

/// One trigger, looked at once.
public struct Finding: Hashable, Sendable {
  public enum Outcome: Int, Choice {
    /// Within the limit, as far as the samples tell.
    case kept
    /// Beyond the limit, and surely so.
    case broken
    /// Beyond the limit, but the samples leave room for chance.
    case unclear
    /// Fewer samples than the trigger asks for: whatever they say, it counts for nothing.
    case tooFew
  }

  /// What was looked at.
  public enum Span: Int, Choice { case window, stage }

  public var trigger: String
  public var metric: RolloutMetric
  public var action: RollbackAction
  public var outcome: Outcome
  public var span: Span
  /// The candidate's value, in the metric's unit.
  public var value: Double?
  /// The baseline's, where there is one.
  public var baseline: Double?
  /// What the limit is held against: the value itself, its difference to the baseline, or its ratio.
  public var statistic: Double?
  /// The one-sided bound of the statistic that decides.
  public var bound: Double?
  public var limit: TriggerLimit
  public var window: Duration
  public var hold: Duration
  public var confidence: Double
  public var candidateSamples: UInt64
  public var baselineSamples: UInt64
  public var evidence: [OffsetRange] = []

  /// Whether the values as they stand are beyond the limit, sure or not.
  public var looksBroken: Bool {
    guard let statistic else { return false }
    return limit.direction == .above ? statistic > limit.limit : statistic < limit.limit
  }
}

extension Finding {
  /// `error_rate 0.21 (at least 0.14 with confidence 0.999) is above 0.05; 120 samples`.
  public var sentence: String {
    let value = value.map(shortNumber) ?? "unknown"
    let base = baseline.map(shortNumber) ?? "unknown"
    let limitText = shortNumber(limit.limit)
    let against =
      switch limit.against {
      case .absolute: "\(limit.direction.rawValue) \(limitText)"
      case .baselineTimes:
        "\(limit.direction.rawValue) \(limitText) times the baseline's \(base)"
      case .baselinePlus:
        "\(limit.direction.rawValue) the baseline's \(base) plus \(limitText)"
      }
    let samples =
      limit.needsBaseline
      ? "\(candidateSamples) samples against \(baselineSamples)" : "\(candidateSamples) samples"
    let span = span == .window ? "in \(Int64(window.milliseconds / 1000)) s" : "in the stage so far"
    let verb =
      switch outcome {
      case .kept: "is not"
      case .broken: "is"
      case .unclear: "may be by chance"
      case .tooFew: "with too few samples, is not known to be"
      }
    return "\(metric.rawValue) \(value) \(verb) \(against): \(samples) \(span)"
  }
}

/// Four significant digits, for sentences.
func shortNumber(_ value: Double) -> String {
  guard value.isFinite, value != 0 else { return "\(value)" }
  let digits = Int(Mathematics.log10(value.magnitude).rounded(.down))
  guard digits < 12, digits > -12 else { return "\(value)" }
  let scale = Mathematics.pow(10, Double(3 - digits))
  let rounded = (value * scale).rounded() / scale
  return rounded == rounded.rounded() && rounded.magnitude < 1e15 ? "\(Int64(rounded))" : "\(rounded)"
}
