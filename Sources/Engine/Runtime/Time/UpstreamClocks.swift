// How far the tasks in front of this one have come, and which of them time no longer waits for. The wall
// clock is asked only whether a task has been silent for too long; the answer goes into the epoch record.
internal import Basics

/// The clocks of all tasks that write a task's inputs, as of what has been gathered.
struct UpstreamClocks {
  struct One {
    let id: UpstreamTask
    /// nil until it has announced something: until then it holds time, because nobody knows where it begins.
    var announced: UpstreamTime?
    /// By the worker's clock that never goes back.
    var heardAt: Duration
    /// Silent, and time does not wait for it until its announcements have caught up.
    var isPassedOver: Bool
  }

  /// How long a task may be silent before time goes on without it: several times what an idle task takes to
  /// announce, and long enough for another worker to take it over.
  static let silenceMax = Duration.seconds(30)

  /// How much silence one look counts. Whoever looks more rarely was kept from listening, by a long epoch or
  /// a pause, and what he did not hear is no silence.
  static let lookMax = Duration.seconds(1)

  private(set) var all: [One]
  private var lookedAt: Duration?

  init(_ all: [One] = []) { self.all = all.sorted { $0.id < $1.id } }

  mutating func hear(_ announcement: Announcement, on topic: String, at uptime: Duration) {
    let id = UpstreamTask(topic: topic, processor: announcement.processor, task: announcement.task)
    guard let index = all.firstIndex(where: { $0.id == id }) else { return }
    all[index].announced = UpstreamTime(time: announcement.time, watermark: announcement.watermark)
    all[index].heardAt = uptime
  }

  /// Decides anew who is passed over. `time` is the task's recorded time; `isAtEnd` says whether a topic's
  /// partition has been read to its end.
  mutating func judge(_ time: Timestamp, at uptime: Duration, isAtEnd: (_ topic: String) -> Bool) {
    let deaf = uptime - (lookedAt ?? uptime) - Self.lookMax
    lookedAt = uptime
    if deaf > .zero {
      for index in all.indices { all[index].heardAt = min(uptime, all[index].heardAt + deaf) }
    }
    for (index, one) in all.enumerated() {
      guard let announced = one.announced else { continue }
      if one.isPassedOver, announced.time >= time { all[index].isPassedOver = false }
      if uptime - one.heardAt >= Self.silenceMax, isAtEnd(one.id.topic) { all[index].isPassedOver = true }
    }
  }

  /// From when on it is worth telling that a task is silent: an idle one announces twice in this time.
  static let silenceTold = Duration.seconds(10)

  /// Whom time waits for that ought to have been heard of by now; nil when there is nobody.
  func silent(at uptime: Duration) -> One? {
    let awaited = all.filter { !$0.isPassedOver }
    return awaited.first { $0.announced == nil }
      ?? awaited.first { uptime - $0.heardAt >= Self.silenceTold }
  }

  var passedOver: [UpstreamTask] { all.filter(\.isPassedOver).map(\.id) }

  /// Where time must wait: the least recorded time announced by those it waits for; nil when it waits for
  /// nobody.
  var head: Timestamp? {
    let awaited = all.filter { !$0.isPassedOver }
    return awaited.map { $0.announced?.time ?? Timestamp(milliseconds: .min) }.min()
  }

  /// The watermark that those it waits for permit at recorded time `time`; nil when it waits for nobody.
  /// One that is ahead announced its watermark as of its own time: as of an earlier one it was earlier by
  /// as much.
  func watermark(at time: Timestamp) -> EventTime? {
    all.filter { !$0.isPassedOver }.map { one in
      guard let announced = one.announced else { return EventTime(milliseconds: .min) }
      let lead = max(0, announced.time.rawValue &- time.rawValue)
      return EventTime(milliseconds: announced.watermark.rawValue &- lead)
    }.min()
  }
}

/// Recorded time and watermark of another task.
struct UpstreamTime: Hashable {
  var time: Timestamp
  var watermark: EventTime
}
