// How a new owner finds out where a task stands, as a value. The transaction that commits an epoch also
// commits the offset after its epoch record, so the stable committed offset names the last epoch exactly.
//
//   askOffset --offset--> readRecord --the record before it--> finished       |--none--> askBounds --empty-->
// finished (first epoch)                      |--range--> search --end seen, a record--> finished
//                        ^------ end seen, none ------+ from further back; none at all: finished (first
// epoch)
internal import Basics

/// A committed epoch as it was read from the log.
struct LoggedEpoch: Equatable {
  var record: EpochRecord
  var bytes: [UInt8]
  /// nil when the log was asked only whether it is there.
  var offset: Offset?
}

/// The questions of one take-over. Each method takes an answer and returns what to do next.
struct TakeOver {
  private enum State: Equatable {
    case askOffset, askBounds
    case readRecord(at: Offset)
    case search(from: Offset, earliest: Offset)
    case ended
  }

  /// What the machine wants to know next.
  enum Question { case committedOffset, bounds, records }

  enum Action: Equatable {
    case askBounds
    /// Read the epochs partition from here on, and pass on what is fetched.
    case startReading(Offset)
    case readOn
    case finished(LoggedEpoch?)
    /// The log is damaged; a person must decide.
    case failed(String)
  }

  /// How many offsets a search looks back at first; each epoch takes up two, its record and a transaction
  /// marker.
  static let searchLength: Int64 = 16

  private var state = State.askOffset
  private var last: (offset: Offset, value: [UInt8])?

  var question: Question {
    switch state {
    case .askOffset: .committedOffset
    case .askBounds: .bounds
    case .readRecord, .search: .records
    case .ended: preconditionFailure("a take-over that has ended")
    }
  }

  mutating func committed(_ offset: Offset?) -> Action {
    guard state == .askOffset else { preconditionFailure("an answer to no question") }
    guard let offset else {
      state = .askBounds
      return .askBounds
    }
    guard offset > .zero else {
      return fail("offset \(offset) is committed, but no epoch record precedes it")
    }
    state = .readRecord(at: offset + -1)
    return .startReading(offset + -1)
  }

  mutating func bounds(_ bounds: Range<Offset>) -> Action {
    guard state == .askBounds else { preconditionFailure("an answer to no question") }
    if bounds.isEmpty { return finish(nil) }
    return search(
      from: max(bounds.lowerBound, bounds.upperBound + -Self.searchLength), earliest: bounds.lowerBound)
  }

  /// What was fetched, in order, and whether the partition's end has been reached.
  mutating func fetched(_ records: [(offset: Offset, value: [UInt8])], isAtEnd: Bool) -> Action {
    switch state {
    case .readRecord(let offset):
      // Not visible yet: the transaction's marker is on its way.
      guard let first = records.first else { return .readOn }
      guard first.offset == offset else { return fail("the epoch record at offset \(offset) is gone") }
      return finish(first)
    case .search(let from, let earliest):
      last = records.last ?? last
      guard isAtEnd else { return .readOn }
      if let last { return finish(last) }
      if from == earliest { return finish(nil) }
      return search(from: max(earliest, from + -8 * Self.searchLength), earliest: earliest)
    case .askOffset, .askBounds, .ended: preconditionFailure("records that were not asked for")
    }
  }

  private mutating func search(from offset: Offset, earliest: Offset) -> Action {
    state = .search(from: offset, earliest: earliest)
    return .startReading(offset)
  }

  private mutating func finish(_ found: (offset: Offset, value: [UInt8])?) -> Action {
    state = .ended
    guard let (offset, bytes) = found else { return .finished(nil) }
    do throws(EpochRecordError) {
      let record = try EpochRecord(decoding: bytes)
      return .finished(LoggedEpoch(record: record, bytes: bytes, offset: offset))
    } catch { return fail("the epoch record cannot be read: \(error)") }
  }

  private mutating func fail(_ reason: String) -> Action {
    state = .ended
    return .failed(reason)
  }
}
