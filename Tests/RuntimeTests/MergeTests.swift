// The merge order, against a model that sorts.
import Basics
import Testing

@testable import Runtime

@Suite struct MergeTests {
  private func merged(_ times: [[Int64]], control: Set<Int> = [], ranks: [Int]? = nil) -> [[Int]] {
    let batches = times.map { RecordBatch(times: $0) }
    var merge = Merge(
      batches, batches.map { 0..<$0.count }, isControl: times.indices.map { control.contains($0) },
      ranks: ranks ?? Array(times.indices))
    var order: [[Int]] = []
    while let run = merge.next(of: batches) { order += run.records.map { [run.input, $0] } }
    return order
  }

  @Test("heads are taken by their timestamps")
  func heads() {
    #expect(merged([[1, 4, 5], [2, 3, 6]]) == [[0, 0], [1, 0], [1, 1], [0, 1], [0, 2], [1, 2]])
  }

  @Test("of equal timestamps the lesser topic comes first, in whatever order inputs are declared")
  func ties() {
    #expect(merged([[5, 5], [5]]) == [[0, 0], [0, 1], [1, 0]])
    #expect(merged([[5, 5], [5]], ranks: [1, 0]) == [[1, 0], [0, 0], [0, 1]])
  }

  @Test("a partition keeps its order: a record that goes back in time stands where its predecessor stood")
  func disorder() {
    #expect(merged([[10, 1], [5, 11]]) == [[1, 0], [0, 0], [0, 1], [1, 1]])
  }

  @Test("control comes first, whatever its timestamps")
  func control() {
    #expect(merged([[1], [900, 800]], control: [1]) == [[1, 0], [1, 1], [0, 0]])
  }

  @Test("no records make no runs")
  func empty() {
    #expect(merged([]).isEmpty)
    #expect(merged([[], []]).isEmpty)
  }

  @Test("runs are as long as they can be")
  func runs() {
    let batches = [RecordBatch(times: [1, 2, 3]), RecordBatch(times: [9])]
    var merge = Merge(batches, [0..<3, 0..<1], isControl: [false, false], ranks: [0, 1])
    #expect(merge.next(of: batches) == .init(input: 0, records: 0..<3))
    #expect(merge.next(of: batches) == .init(input: 1, records: 0..<1))
    #expect(merge.next(of: batches) == nil)
  }

  @Test(
    "the order is that of a sort by control, running maximum, input, index",
    arguments: 1...20 as ClosedRange<UInt64>)
  func model(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let times = (0..<random.int(in: 1..<5)).map { _ in
      (0..<random.int(in: 0..<30)).map { _ in Int64(random.int(in: 0..<20)) }
    }
    let control: Set<Int> = random.chance(1, in: 2) ? [0] : []
    var model: [[Int]] = []
    for (input, times) in times.enumerated() {
      for index in times.indices {
        let place = control.contains(input) ? -1 : Int(times[...index].max()!)
        model.append([place, input, index])
      }
    }
    model.sort { $0.lexicographicallyPrecedes($1) }
    #expect(merged(times, control: control) == model.map { Array($0[1...]) })
  }
}
