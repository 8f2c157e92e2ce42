// "did you mean": the nearest known word to one that is not known.

/// The candidate nearest to `word` by optimal string alignment distance, if it is near enough to be a slip:
/// at most a third of the longer word's characters changed, inserted, removed or swapped. Ties go to the
/// one that begins most alike, then to the first in order.
public func nearestWord(to word: String, among candidates: some Sequence<String>) -> String? {
  var best: (word: String, distance: Int, alike: Int)?
  for candidate in candidates.sorted() {
    let distance = alignmentDistance(Array(word.lowercased()), Array(candidate.lowercased()))
    guard distance <= max(word.count, candidate.count) / 3 else { continue }
    let alike = zip(word, candidate).prefix { $0 == $1 }.count
    if best.map({ (distance, -alike) < ($0.distance, -$0.alike) }) ?? true {
      best = (candidate, distance, alike)
    }
  }
  return best?.word
}

/// `did you mean "x"?`, or nil when nothing is near.
public func didYouMean(_ word: String, among candidates: some Sequence<String>) -> String? {
  nearestWord(to: word, among: candidates).map { "did you mean \"\($0)\"?" }
}

/// Edits (insert, remove, change, swap of neighbours) that turn `a` into `b`.
func alignmentDistance(_ a: [Character], _ b: [Character]) -> Int {
  var rows = [Array(0...b.count)]
  for i in 0..<a.count {
    var row = [i + 1]
    for j in 0..<b.count {
      var least = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, rows[i - 1][j - 1] + 1) }
      row.append(least)
    }
    rows.append(row)
  }
  return rows[a.count][b.count]
}
