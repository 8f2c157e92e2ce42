// Keeps a receiver informed of the alerts of the tasks that this instance owns, on a thread of its own: it
// reads committed alert states as any client does, so a notice is never ahead of what was decided, and keeps
// what was acknowledged on `<prefix>.notified`, so that a restart and another owner know who was told.
import Basics
import HTTP
import Kafka
import POSIX
import Synchronization

/// The notifier of one instance. At least once: a receiver that heard just before a crash hears again.
final class Notifier: Sendable {
  private let thread: Thread

  struct Settings: Sendable {
    var client: ClientConfiguration
    var prefix: String
    var receiver: Receiver
    var resend = Duration.seconds(60)
  }

  /// `owned`: the tasks of `metrics` that run here, and the watermark that each has committed.
  init(
    _ settings: Settings, owned: @escaping @Sendable () -> [PartitionID: Timestamp], _ log: Logger
  ) throws(SystemCallError) {
    let ending = Ending()
    self.ending = ending
    thread = try Thread("notifier") {
      let work = NotifierWork(settings, owned, log)
      while !ending.isSet {
        work.run { ending.isSet }
        if !ending.isSet { pauseThread(.seconds(1)) }
      }
    }
  }

  private let ending: Ending

  /// Waits for what is being sent; to be called once.
  func end() {
    ending.set()
    thread.join()
  }

  private final class Ending: Sendable {
    private let flag = Mutex(false)
    var isSet: Bool { flag.withLock { $0 } }
    func set() { flag.withLock { $0 = true } }
  }
}

/// What the notifier's thread does.
private final class NotifierWork {
  private let settings: Notifier.Settings
  private let owned: @Sendable () -> [PartitionID: Timestamp]
  private let log: Logger
  /// Since when each task has been here.
  private var began: [PartitionID: ContinuousClock.Instant] = [:]

  /// A watermark this near the wall clock is now.
  private static let liveWithin = Duration.seconds(60)
  /// Not live after so long, what fires is told all the same, marked as of the watermark.
  private static let waitMax = Duration.seconds(300)
  private static let backoff = (first: Duration.seconds(1), most: Duration.seconds(60))

  init(
    _ settings: Notifier.Settings, _ owned: @escaping @Sendable () -> [PartitionID: Timestamp],
    _ log: Logger
  ) {
    (self.settings, self.owned, self.log) = (settings, owned, log)
  }

  /// Until it is to end, or until Kafka fails; then it is called again and begins anew.
  func run(_ isEnding: () -> Bool) {
    do {
      let follower = try TopicFollower(
        ["alert-states", "notified"], prefix: settings.prefix, settings.client)
      let producer = try Producer(settings.client)
      try serve(follower, producer, isEnding)
    } catch {
      log.warning("notifier_waits", "alerts cannot be followed; it tries again", error: "\(error)")
    }
  }

  private func serve(_ follower: TopicFollower, _ producer: Producer, _ isEnding: () -> Bool) throws {
    var book = NotifierBook(
      settings.receiver, tasks: follower.partitionCount(of: "alert-states"), settings.resend)
    var pause = Self.backoff.first
    var nextTry = ContinuousClock.now
    var wasTroubled = false
    while !isEnding() {
      // Asked before the states are read, so that they are at least as new as the time told of them.
      let watermarks = owned()
      try follower.turn(.milliseconds(200)) { book.take($0) }
      guard follower.hasCaughtUp else { continue }
      book.owned = Set(watermarks.keys)
      began = began.filter { watermarks[$0.key] != nil }
      guard ContinuousClock.now >= nextTry else { continue }
      do throws(HTTPFailure) {
        for partition in book.owned.sorted(by: { $0.rawValue < $1.rawValue }) {
          guard var desk = book.desks[partition] else { continue }
          defer { book.desks[partition] = desk }
          try tell(&desk, of: partition, asOf: watermarks[partition] ?? .zero, producer)
        }
        if wasTroubled { log.info("notifier_goes_on", "\(settings.receiver.address) hears again") }
        (pause, wasTroubled) = (Self.backoff.first, false)
      } catch {
        if !wasTroubled {
          log.warning("notifier_troubled", "a receiver does not hear; it is tried again", error: error.what)
        }
        wasTroubled = true
        nextTry = .now + pause
        pause = min(pause * 2, Self.backoff.most)
      }
    }
  }

  private func tell(
    _ desk: inout NotifierDesk, of partition: PartitionID, asOf watermark: Timestamp, _ producer: Producer
  ) throws(HTTPFailure) {
    let now = systemTime()
    let isNow = now - watermark <= Self.liveWithin
    let since = began[partition] ?? .now
    began[partition] = since
    let isOverdue = watermark > .zero && ContinuousClock.now - since >= Self.waitMax
    var (firing, resolved) = desk.due(at: now, isLive: isNow || isOverdue)
    guard !firing.isEmpty || !resolved.isEmpty else { return }
    if !isNow {
      for index in firing.indices { firing[index].annotations.append(("as_of", watermark.description)) }
    }
    try settings.receiver.tell(firing: firing, resolved: resolved, at: now) { firing, resolved, refusal in
      if let refusal {
        desk.refused(firing: firing, resolved: resolved, at: now)
        let ids = (firing + resolved).map(\.id).joined(separator: ", ")
        log.warning("alert_refused", "the receiver refuses \(ids); it is told again later", error: refusal)
      } else {
        keep(desk.acknowledge(firing: firing, resolved: resolved, at: now), of: partition, producer)
      }
    }
  }

  /// What was acknowledged, where the next owner of the partition finds it.
  private func keep(
    _ kept: [(id: String, notice: AlertNotice?)], of partition: PartitionID, _ producer: Producer
  ) {
    guard !kept.isEmpty else { return }
    let batch = ProduceBatch(topic: "\(settings.prefix).notified")
    for (id, notice) in kept {
      let key = Array(settings.receiver.key(of: id).utf8)
      if let json = notice?.json {
        batch.append(
          to: partition, key: unsafe key.span.bytes, value: unsafe json.span.bytes, timestamp: systemTime())
      } else {
        batch.append(to: partition, key: unsafe key.span.bytes, value: nil, timestamp: systemTime())
      }
    }
    do throws(KafkaError) {
      try producer.produce(batch, timeout: .seconds(10))
      try producer.flush(.seconds(10))
    } catch {
      // The receiver has heard; at worst it hears once more after a restart.
      log.warning("notified_not_kept", "what was told may be told again", error: "\(error)")
    }
  }
}
