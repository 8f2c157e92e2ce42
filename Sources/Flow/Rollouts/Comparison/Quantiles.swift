// How many standard errors a confidence is: quantiles of the normal and of Student's distribution.
internal import Basics

/// The normal quantile of `probability`, 0 to 1 exclusive: Abramowitz and Stegun 26.2.23 for a start, then
/// Newton's steps on the complementary error function, until they change nothing that shows.
func normalQuantile(_ probability: Double) -> Double {
  guard probability > 0, probability < 1 else { return probability <= 0 ? -.infinity : .infinity }
  let tail = min(probability, 1 - probability)
  let t = (-2 * Mathematics.log(tail)).squareRoot()
  var z =
    t - (2.515517 + 0.802853 * t + 0.010328 * t * t)
    / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t)
  for _ in 0..<4 {
    let above = Mathematics.erfc(z / 2.0.squareRoot()) / 2
    let density = Mathematics.exp(-z * z / 2) / (2 * Double.pi).squareRoot()
    guard density > 0 else { break }
    z += (above - tail) / density
  }
  return probability < 0.5 ? -z : z
}

/// Student's quantile with `degrees` of freedom for the normal quantile `z`: the expansion of Abramowitz and
/// Stegun 26.7.5, good to a percent from five degrees on. No trigger asks for less.
func studentQuantile(_ z: Double, degrees: Double) -> Double {
  let n = max(degrees, 3)
  let z2 = z * z
  let g1 = z * (z2 + 1) / 4
  let g2 = z * ((5 * z2 + 16) * z2 + 3) / 96
  let g3 = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384
  let g4 = z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160
  return z + (g1 + (g2 + (g3 + g4 / n) / n) / n) / n
}
