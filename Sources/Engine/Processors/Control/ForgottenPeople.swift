// Erasure beyond a processor's own stores: what it has set aside about somebody is erased from quarantine,
// and what comes late about them is not taken in again (R14.8). Embedded by each processor that reads what
// people say.
internal import Basics
internal import Events
internal import Learning
internal import Runtime

/// Whom to forget, and where in quarantine they are.
struct ForgottenPeople {
  /// As long as quarantine keeps a record, from which it can be redriven.
  static let lifetime = Duration.seconds(90 * 24 * 3600)

  let marks = SegmentedStore<ScopedKey, ErasureMark>("erasures", lifetime: lifetime, memory: 1 << 20)
  let asides = SegmentedStore<AsidePlace, AsideSubjects>("set-aside", lifetime: lifetime, memory: 8 << 20)

  /// Those that are marked, in memory once they have been looked up, and perhaps some whose marks have gone.
  private var known: Set<ScopedKey>?

  var stores: [any TaskStore] { [marks, asides] }

  /// Recorded time, before the record of that time is folded.
  mutating func advance(to time: Timestamp) {
    marks.advance(to: time)
    asides.advance(to: time)
  }
}

/// Where a record stood that was set aside.
struct AsidePlace: StorableKey {
  var partition: TopicPartition
  var offset: Offset

  func store(into bytes: inout [UInt8]) { EventPosition(partition, offset).store(into: &bytes) }

  init(_ partition: TopicPartition, _ offset: Offset) { (self.partition, self.offset) = (partition, offset) }

  init?(stored bytes: RawSpan) {
    guard let position = EventPosition(stored: bytes) else { return nil }
    self.init(position.partition, position.offset)
  }
}

/// Whom a record that was set aside may be about: what it names, or only its organization where it could not
/// be read.
struct AsideSubjects: Storable {
  var organization: String
  /// nil: whatever it says could not be read.
  var keys: [ScopedKey]?

  func store(into bytes: inout [UInt8]) {
    bytes.append(countedText: organization)
    bytes.append(keys == nil ? 0 : 1)
    for key in keys ?? [] {
      var stored: [UInt8] = []
      key.store(into: &stored)
      bytes.append(countedField: unsafe stored.span.bytes)
    }
  }

  init(organization: String, keys: [ScopedKey]?) { (self.organization, self.keys) = (organization, keys) }

  init?(stored bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let organization = reader.text(), let isRead = reader.integer(UInt8.self) else { return nil }
    var keys: [ScopedKey] = []
    while !reader.isAtEnd {
      guard let field = reader.field(), let key = ScopedKey(stored: field) else { return nil }
      keys.append(key)
    }
    self.init(organization: organization, keys: isRead == 1 ? keys : nil)
  }
}

extension ForgottenPeople {
  /// Notes whom a record is about that is being set aside.
  func note(_ partition: TopicPartition, _ offset: Offset, _ subjects: AsideSubjects) {
    asides[AsidePlace(partition, offset)] = subjects
  }

  /// Marks whom to forget, as of `time`, and erases from quarantine what this task has put there: of records
  /// that could not be read, all of their organization, because nobody can say whom they are about.
  mutating func forget(_ erasure: Erasure, at time: EventTime, in context: inout FoldContext) {
    let keys = erasure.keys
    for key in keys { marks[key] = ErasureMark(max(time, marks[key]?.time ?? time)) }
    known = nil
    let places = asides.keys { _, subjects in
      guard subjects.organization == erasure.organization else { return false }
      return subjects.keys.map { !Set($0).isDisjoint(with: keys) } ?? true
    }
    for place in places {
      context.eraseQuarantined(place.partition, place.offset)
      asides[place] = nil
    }
  }

  /// Whether an event of that time about these is one that was to be forgotten.
  mutating func covers(_ subjects: @autoclosure () -> [ScopedKey], at time: EventTime) -> Bool {
    let known = known ?? Set(marks.keys { _, _ in true })
    self.known = known
    guard !known.isEmpty else { return false }
    return subjects().contains { known.contains($0) && marks[$0].map { time <= $0.time } ?? false }
  }
}
