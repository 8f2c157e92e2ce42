// The order in which an epoch's records are folded. It follows from the records alone, so a replay that reads
// the same ranges folds in the same order, whatever arrived first when the epoch was made.
internal import Basics

/// Merges the batches of an epoch: control first, then by the greatest timestamp that each partition has
/// shown since the range's start; of equal ones the lesser topic, then partition.
@usableFromInline struct Merge {
  /// Records of one input that follow each other in the merged order.
  @usableFromInline struct Run: Equatable {
    @usableFromInline var input: Int
    @usableFromInline var records: Range<Int>
  }

  private struct Head {
    var input: Int
    var isControl: Bool
    var rank: Int
    var index: Int
    let end: Int
    /// The place of the record at `index`.
    var key = Timestamp(rawValue: .min)

    func isBefore(_ other: Head) -> Bool {
      if isControl != other.isControl { return isControl }
      if isControl || key == other.key { return rank < other.rank }
      return key < other.key
    }
  }

  private var heads: [Head]

  /// `ranges` are what the epoch takes of `batches`, which must stay the same until the merge has ended.
  /// `ranks` are the places of their partitions in the order of topic and number.
  init(_ batches: [RecordBatch], _ ranges: [Range<Int>], isControl: [Bool], ranks: [Int]) {
    heads = batches.indices.filter { !ranges[$0].isEmpty }.map { input in
      let range = ranges[input]
      return Head(
        input: input, isControl: isControl[input], rank: ranks[input], index: range.lowerBound,
        end: range.upperBound, key: batches[input].entries[range.lowerBound].timestamp)
    }
  }

  /// The next run, as long as it can be; nil when every record has been handed out.
  mutating func next(of batches: [RecordBatch]) -> Run? {
    guard var least = heads.indices.first else { return nil }
    for index in heads.indices where heads[index].isBefore(heads[least]) { least = index }
    var head = heads[least]
    let start = head.index
    let entries = batches[head.input].entries
    repeat {
      head.index += 1
      guard head.index < head.end else {
        heads.remove(at: least)
        return Run(input: head.input, records: start..<head.index)
      }
      head.key = max(head.key, entries[head.index].timestamp)
    } while heads.indices.allSatisfy { $0 == least || head.isBefore(heads[$0]) }
    heads[least] = head
    return Run(input: head.input, records: start..<head.index)
  }
}
