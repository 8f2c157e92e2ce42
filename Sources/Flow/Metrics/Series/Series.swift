// Measurements over time, as rules read them. How they come about is the panes' affair, how long they are
// kept the store's.
public import Basics

/// One value of a series at a moment.
public struct Sample: Hashable, Sendable {
  public var time: EventTime
  public var value: Double

  public init(time: EventTime, value: Double) {
    self.time = time
    self.value = value
  }

  /// The NaN that says a series has ended: Prometheus's staleness marker. It compares equal to nothing.
  public static let staleValue = Double(bitPattern: 0x7FF0_0000_0000_0002)

  public var isStale: Bool { value.bitPattern == Self.staleValue.bitPattern }
}

/// A series' labels and some of its samples, in rising order of time.
public struct Series: Hashable, Sendable {
  public var labels: Labels
  public var samples: [Sample]

  public init(labels: Labels, samples: [Sample]) {
    self.labels = labels
    self.samples = samples
  }
}

/// Where rules find series. Asked once a selector and instant, never once a sample.
public protocol SeriesSource {
  /// Every series whose labels all matchers accept and that has samples with `from < time <= to`; these
  /// samples, staleness markers included. The order of the series is free.
  func select(_ matchers: [LabelMatcher], after from: EventTime, through to: EventTime) -> [Series]
}
