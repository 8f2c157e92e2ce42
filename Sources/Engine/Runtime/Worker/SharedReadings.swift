// Partitions that several tasks of one worker read. A client reads a partition through one queue at a time,
// and control-p is read by task p of every processor: so it is fetched once, from the earliest place that any
// of them needs, and handed to each from its own.
internal import Basics

/// What a worker's tasks read in common. Used on the worker's thread.
final class SharedReadings {
  private struct Reading {
    /// What has been fetched that some reader has not been given.
    var batch = RecordBatch()
    /// Everything from here on is in `batch` or still to be fetched.
    var first: Offset
    /// Where each reader goes on.
    var next: [TaskID: Offset] = [:]
  }

  private let port: any ClientPort
  private var readings: [TopicPartition: Reading] = [:]

  init(_ port: any ClientPort) { self.port = port }

  /// Begins to read for a task; one that reads already goes on at `offset`. What the others were given or
  /// will be given stays the same.
  func start(_ partition: TopicPartition, at offset: Offset, for task: TaskID) throws(ClientFailure) {
    var next = readings[partition]?.next ?? [:]
    next[task] = offset
    if let reading = readings[partition], reading.first <= offset {
      readings[partition]?.next = next
      return
    }
    let first = next.values.min() ?? offset
    try port.startReading(partition, at: first)
    readings[partition] = Reading(first: first, next: next)
  }

  /// As `ClientPort.read`, of what the task has not been given.
  func read(
    _ partition: TopicPartition, into batch: inout RecordBatch, limit: Int, for task: TaskID
  ) throws(ClientFailure) -> Offset? {
    guard var reading = readings.removeValue(forKey: partition), let next = reading.next[task] else {
      preconditionFailure("\(task) does not read \(partition)")
    }
    defer { readings[partition] = reading }
    let end = try port.read(partition, into: &reading.batch, limit: limit)
    let first = reading.batch.entries.firstIndex { $0.offset >= next } ?? reading.batch.count
    let last = min(reading.batch.count, first + limit)
    if first < last {
      batch.append(first..<last, of: reading.batch)
      reading.next[task] = reading.batch.offset(at: last - 1).next
    }
    let isAtEnd = last == reading.batch.count
    if let fetched = reading.batch.next, reading.next.values.allSatisfy({ $0 >= fetched }) {
      reading.batch.removeAll()
      reading.first = fetched
    }
    return isAtEnd ? end : nil
  }

  func stop(_ partition: TopicPartition, for task: TaskID) {
    readings[partition]?.next[task] = nil
    guard let reading = readings[partition], reading.next.isEmpty else { return }
    port.stopReading(partition)
    readings[partition] = nil
  }
}
