// Two arms compared in one metric: the difference, how sure it is at a look that was fixed beforehand
// (Welch), and how sure it is however often one looks (an asymptotic confidence sequence).
internal import Basics

/// What an arm's units came to in a metric.
public struct Summary: Hashable, Sendable {
  public var units: UInt64
  public var mean: Double
  /// Of one unit: the sample variance, for rates p(1 - p).
  public var variance: Double

  public init(units: UInt64, mean: Double, variance: Double) {
    self.units = units
    self.mean = mean
    self.variance = variance
  }

  /// Of units that each are 0 or 1.
  public static func rate(_ hits: UInt64, of units: UInt64) -> Summary? {
    guard units > 0 else { return nil }
    let rate = Double(hits) / Double(units)
    return Summary(units: units, mean: rate, variance: rate * (1 - rate))
  }
}

/// Treatment against control.
public struct Comparison: Hashable, Sendable {
  /// Of being wrong when there is no difference.
  public static let errorRate = 0.05
  /// The number of units at which the always-valid interval is narrowest.
  public static let tunedUnits = 5000.0

  /// Treatment's mean minus control's.
  public var difference: Double
  public var standardError: Double
  public var degreesOfFreedom: Double
  public var statistic: Double
  /// Two-sided.
  public var pValue: Double
  /// Half of the confidence interval's width, at 95%.
  public var halfWidth: Double
  public var sequentialPValue: Double
  public var sequentialHalfWidth: Double

  /// nil where nothing can be said: an arm with fewer than two units, or no variation at all.
  public init?(control: Summary, treatment: Summary) {
    guard control.units >= 2, treatment.units >= 2 else { return nil }
    let (controlUnits, treatmentUnits) = (Double(control.units), Double(treatment.units))
    let (controlPart, treatmentPart) = (control.variance / controlUnits, treatment.variance / treatmentUnits)
    let squaredError = controlPart + treatmentPart
    guard squaredError > 0, squaredError.isFinite else { return nil }
    difference = treatment.mean - control.mean
    standardError = squaredError.squareRoot()
    // Satterthwaite's approximation, with each part as a fraction, so that no square leaves the doubles'
    // range.
    let (controlShare, treatmentShare) = (controlPart / squaredError, treatmentPart / squaredError)
    degreesOfFreedom =
      1
      / (controlShare * controlShare / (controlUnits - 1)
        + treatmentShare * treatmentShare / (treatmentUnits - 1))
    statistic = difference / standardError
    pValue = StudentT.twoSided(statistic, degreesOfFreedom: degreesOfFreedom)
    halfWidth =
      standardError
      * StudentT.quantile(exceededWith: Self.errorRate, degreesOfFreedom: degreesOfFreedom)
    let units = controlUnits + treatmentUnits
    sequentialPValue = Self.sequentialPValue(statistic, units)
    sequentialHalfWidth = standardError * Self.sequentialFactor(units)
  }

  /// The parameter that makes the interval narrowest at `tunedUnits` (Waudby-Smith et al., arXiv 2103.06476,
  /// appendix B.2).
  private static let rhoSquared: Double = {
    let log = -2 * Mathematics.log(errorRate)
    return (log + Mathematics.log(log + 1)) / tunedUnits
  }()

  /// The half-width in standard errors (same paper, theorem 2.2).
  private static func sequentialFactor(_ units: Double) -> Double {
    let grown = units * rhoSquared + 1
    return (2 * grown / (units * rhoSquared) * Mathematics.log(grown.squareRoot() / errorRate)).squareRoot()
  }

  /// The least error rate at which the always-valid interval leaves 0 out.
  private static func sequentialPValue(_ statistic: Double, _ units: Double) -> Double {
    let grown = units * rhoSquared + 1
    let evidence = units * rhoSquared * statistic * statistic / (2 * grown)
    return min(1, Mathematics.exp(Mathematics.log(grown) / 2 - evidence))
  }
}
