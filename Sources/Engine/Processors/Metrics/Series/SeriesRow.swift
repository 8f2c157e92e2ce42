// What a series is, written once when it comes to be: its organization, its labels and what makes it.
internal import Basics
internal import Metrics

/// A series' lasting part.
struct SeriesRow: Hashable, Storable {
  enum Kind: UInt8 {
    /// Made of panes, as its metric is declared.
    case base
    /// A bucket, sum or count of a histogram, or one state of a population.
    case part
    /// Made by a recording rule.
    case derived
    /// A member of a population, which nobody sees.
    case member
    /// What the parts of a histogram are made of, which nobody sees.
    case histogram
    /// Made by the processor itself.
    case own
  }

  /// The organization whose rules see it; `platform` sees all.
  var tenant: String
  /// The metric by which it was declared; a derived one has its own name.
  var metric: String
  var kind: Kind
  /// With the metric's name.
  var labels: Labels

  func store(into bytes: inout [UInt8]) {
    bytes.append(kind.rawValue)
    bytes.append(countedText: tenant)
    bytes.append(countedText: metric)
    labels.store(into: &bytes)
  }

  init(tenant: String, metric: String, kind: Kind, labels: Labels) {
    (self.tenant, self.metric, self.kind, self.labels) = (tenant, metric, kind, labels)
  }

  init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let kind = reader.integer(UInt8.self).flatMap(Kind.init(rawValue:)), let tenant = reader.text(),
      let metric = reader.text()
    else { return nil }
    let used = 1 + 4 + tenant.utf8.count + 4 + metric.utf8.count
    guard let labels = Labels(stored: bytes.extracting(droppingFirst: used)) else { return nil }
    self.init(tenant: tenant, metric: metric, kind: kind, labels: labels)
  }
}

/// What is left between epochs beside the series: counters and moments, by name.
struct BookNote: Hashable, Storable {
  var number: Int64
  var text = ""

  func store(into bytes: inout [UInt8]) {
    bytes.append(littleEndian: number)
    bytes.append(countedText: text)
  }

  init(_ number: Int64, _ text: String = "") { (self.number, self.text) = (number, text) }

  init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let number = reader.integer(Int64.self), let text = reader.text(), reader.isAtEnd else {
      return nil
    }
    self.init(number, text)
  }
}
