// What an example's file comes to: where its review stands, what it is worth, what has happened to it.
// Worked out anew from all facts in the order of their times, so the order in which topics were read leaves
// no trace.
public import Basics
public import Events

/// An example's review as it stands.
public struct ExampleStanding: Hashable, Sendable {
  /// One annotation, and what became of it.
  public struct Annotation: Hashable, Sendable {
    public var content: ReviewFact.Annotation
    public var createdAt: EventTime
    public var isVerified = false
    /// The second expert, of the last verdict.
    public var verifiedBy: String?
    /// The same expert has annotated it anew: this one is kept and counts no longer.
    public var isSuperseded = false
  }

  /// Something that happened to it.
  public struct Transition: Hashable, Sendable {
    public enum What: Int, Choice {
      case created, annotated, verified, unverified, approved, rejected, retired, reinstated, retracted,
        replaced
    }

    public var what: What
    public var at: EventTime
    /// Who did it.
    public var by: String?
    /// The annotation it is about, or the example that stands in its place.
    public var subject: String?
  }

  public private(set) var status = ReviewStatus.pending
  /// The decision that stands.
  public private(set) var review: ReviewFact.Review?
  public private(set) var reviewedAt: EventTime?
  public private(set) var isActive = true
  public private(set) var annotations: [Annotation] = []
  public private(set) var history: [Transition]
  public private(set) var createdAt: EventTime
  public private(set) var updatedAt: EventTime
  /// The latest decision of each reviewer, in the order of their first.
  private var decisions: [(reviewer: String, decision: ReviewDecision)] = []

  /// An example of at least this quality may be trained with (R6.3), in hundredths.
  public static let qualityForTraining_hundredths = 70

  public init(_ example: Candidate, _ facts: [ReviewFact]) {
    createdAt = example.createdAt
    updatedAt = example.createdAt
    history = [Transition(what: .created, at: createdAt, by: example.content.sourceUserID)]
    var isRetired = false
    for fact in facts {
      switch fact.deed {
      case .annotated(let annotation): annotate(annotation, at: fact.time)
      case .verified(let id, let isVerified, let expert): verify(id, isVerified, by: expert, at: fact.time)
      case .reviewed(let review): decide(review, at: fact.time)
      case .retired(let isActive, let by, _):
        isRetired = !isActive
        note(isActive ? .reinstated : .retired, at: fact.time, by: by)
      }
    }
    switch example.withdrawal {
    case nil, .erased: break
    case .retracted(let time): note(.retracted, at: time)
    case .replaced(let time, let other): note(.replaced, at: time, subject: other)
    }
    isActive = !isRetired && example.withdrawal == nil
    // Stable: what happened at one time stays as it was noted.
    let noted = Array(history.dropFirst().enumerated())
    history =
      history.prefix(1)
      + noted.sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
  }

  private mutating func note(
    _ what: Transition.What, at time: EventTime, by: String? = nil, subject: String? = nil
  ) {
    history.append(Transition(what: what, at: time, by: by, subject: subject))
    updatedAt = max(updatedAt, time)
  }

  private mutating func annotate(_ annotation: ReviewFact.Annotation, at time: EventTime) {
    for index in annotations.indices where annotations[index].content.expertID == annotation.expertID {
      annotations[index].isSuperseded = true
    }
    annotations.append(Annotation(content: annotation, createdAt: time))
    note(.annotated, at: time, by: annotation.expertID, subject: annotation.id)
  }

  /// A verdict on an annotation by another expert than its own. One on an annotation that is not known yet
  /// changes nothing.
  private mutating func verify(_ id: String, _ isVerified: Bool, by expert: String, at time: EventTime) {
    guard let index = annotations.lastIndex(where: { $0.content.id == id }),
      annotations[index].content.expertID != expert
    else { return }
    annotations[index].isVerified = isVerified
    annotations[index].verifiedBy = expert
    note(isVerified ? .verified : .unverified, at: time, by: expert, subject: id)
  }

  private mutating func decide(_ review: ReviewFact.Review, at time: EventTime) {
    self.review = review
    reviewedAt = time
    status = review.decision == .approved ? .approved : .rejected
    if let index = decisions.firstIndex(where: { $0.reviewer == review.reviewerID }) {
      decisions[index].decision = review.decision
    } else {
      decisions.append((review.reviewerID, review.decision))
    }
    note(review.decision == .approved ? .approved : .rejected, at: time, by: review.reviewerID)
  }

  public static func == (a: Self, b: Self) -> Bool {
    a.status == b.status && a.review == b.review && a.reviewedAt == b.reviewedAt
      && a.isActive == b.isActive && a.annotations == b.annotations && a.history == b.history
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(updatedAt) }
}

// MARK: - What follows from it

extension ExampleStanding {
  private var current: [Annotation] { annotations.filter { !$0.isSuperseded } }

  /// Per dimension, the values of the experts' current annotations, in thousandths; dimensions that nobody
  /// judged are left out.
  public var units: [[Int]] {
    (0..<4).map { dimension in current.compactMap { $0.content.dimensions[dimension] } }.filter {
      !$0.isEmpty
    }
  }

  /// What reviewers decided, one value each.
  public var votes: [Int] { decisions.map(\.decision.rawValue) }

  /// Agreement of the annotations of this one example.
  public var agreement: Agreement {
    var agreement = Agreement(.interval)
    units.forEach { agreement.add($0) }
    return agreement
  }

  /// Its quality in hundredths, nil while nothing is known of it (docs/learning.md has the formula): what its
  /// reviewer said; else the mean of what annotations came to, a verified one counting twice, of an approved
  /// example together with 0.80 counting once; else what was proposed.
  public func quality_hundredths(proposed: Int?) -> Int? {
    if let said = review?.quality_hundredths { return said }
    // Thousandths times the annotation's weight; an annotation without dimensions says nothing.
    var (sum, weight) = status == .approved ? (800, 1) : (0, 0)
    for annotation in current {
      guard let mean = Self.mean_thousandths(annotation.content.dimensions) else { continue }
      let times = annotation.isVerified ? 2 : 1
      (sum, weight) = (sum + mean * times, weight + times)
    }
    guard weight > 0 else { return proposed }
    // Rounded half up: of thousandths to hundredths by ten, of the mean by the weight.
    return (2 * sum + 10 * weight) / (20 * weight)
  }

  /// Technical accuracy counts 4, professional quality 3, completeness 2, clarity 1, of those that are given.
  private static func mean_thousandths(_ dimensions: [Int?]) -> Int? {
    var (sum, weight) = (0, 0)
    for (value, times) in zip(dimensions, [4, 3, 2, 1]) {
      guard let value else { continue }
      (sum, weight) = (sum + value * times, weight + times)
    }
    return weight == 0 ? nil : (2 * sum + weight) / (2 * weight)
  }

  /// Approved, in use and good enough (R6.3).
  public func isAvailable(_ quality_hundredths: Int?) -> Bool {
    status == .approved && isActive && quality_hundredths ?? 0 >= Self.qualityForTraining_hundredths
  }

  /// Waits for an expert.
  public var isQueued: Bool { status == .pending && isActive }

  /// How much it matters that an expert looks at it, 0 to 100: by what it shows, more where its source is
  /// unsure, where experts disagree, and where a second one is missing (docs/learning.md).
  public func priority(of content: ExampleContent) -> Int {
    let base =
      switch content.type {
      case .correction: 50
      case .failure: 45
      case .negative: 40
      case .edgeCase: 35
      case .preference: 30
      case .demonstration: 25
      case .positive: 10
      }
    let doubt = (100 - (content.confidence_hundredths ?? 50)) / 5
    let experts = current.count
    let isDisputed = agreement.percentage.map { $0 < 0.8 } ?? false
    return min(100, base + doubt + (isDisputed ? 20 : experts == 1 ? 10 : 0))
  }
}
