// Whether the arms' counts are what the split would bring: when they are not, whoever assigns or records does
// it wrongly, and no statistic of the experiment means anything.

public enum SampleRatio {
  /// Below it the split is taken to be broken, as is common: so rarely does a sound one look like that.
  public static let alarm = 0.001
  /// Chi-square's approximation needs about this many units expected in each arm.
  public static let leastExpected = 5.0

  /// How likely counts at least this far from the split are, by Pearson's chi-square; nil while there are too
  /// few units to say.
  public static func pValue(control: UInt64, treatment: UInt64, treatmentShare: Double) -> Double? {
    let total = Double(control) + Double(treatment)
    let (expectedControl, expectedTreatment) = (total * (1 - treatmentShare), total * treatmentShare)
    guard min(expectedControl, expectedTreatment) >= leastExpected else { return nil }
    let distance = Double(treatment) - expectedTreatment
    return ChiSquare.survival(distance * distance / expectedControl + distance * distance / expectedTreatment)
  }
}
