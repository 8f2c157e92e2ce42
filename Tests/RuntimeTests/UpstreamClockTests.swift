// The clocks of upstream tasks: who holds time, who is passed over, and what they permit of the watermark.
import Basics
import Testing

@testable import Runtime

@Suite struct UpstreamClockTests {
  private func clocks(_ announced: [Int64?], lag: Int64 = 5000) -> UpstreamClocks {
    UpstreamClocks(
      announced.enumerated().map { task, time in
        let id = UpstreamTask(topic: "t", processor: "p", task: PartitionID(Int32(task)))
        let announced = time.map {
          UpstreamTime(time: Timestamp(milliseconds: $0), watermark: EventTime(milliseconds: $0 - lag))
        }
        return .init(id: id, announced: announced, heardAt: .zero, isPassedOver: false)
      })
  }

  private func hear(_ clocks: inout UpstreamClocks, _ task: Int32, _ time: Int64, at uptime: Duration) {
    let announcement = Announcement(
      processor: "p", task: PartitionID(task), time: Timestamp(milliseconds: time),
      watermark: EventTime(milliseconds: time - 5000))
    clocks.hear(announcement, on: "t", at: uptime)
  }

  /// Somebody who has looked every half a second.
  private func judged(
    _ clocks: inout UpstreamClocks, _ time: Int64, at uptime: Duration, isAtEnd: Bool = true
  )
    -> [Int32]
  {
    for looked in 0..<Int64(uptime / .milliseconds(500)) {
      clocks.judge(Timestamp(milliseconds: time), at: .milliseconds(500 * looked)) { _ in false }
    }
    clocks.judge(Timestamp(milliseconds: time), at: uptime) { _ in isAtEnd }
    return clocks.passedOver.map(\.task.rawValue)
  }

  @Test("time waits for the one that is least far, and for one that has announced nothing")
  func head() {
    #expect(clocks([900, 300, 500]).head == Timestamp(milliseconds: 300))
    #expect(clocks([900, nil]).head == Timestamp(milliseconds: .min))
    #expect(clocks([]).head == nil)
  }

  @Test("one silent for 30 s is passed over, once its partition has been read to the end")
  func silent() {
    var clocks = clocks([100, 100])
    hear(&clocks, 0, 40_000, at: .seconds(29))
    #expect(judged(&clocks, 100, at: .milliseconds(29_999)) == [])
    #expect(judged(&clocks, 100, at: .seconds(30), isAtEnd: false) == [])
    #expect(judged(&clocks, 100, at: .seconds(30)) == [1])
    #expect(clocks.head == Timestamp(milliseconds: 40_000))
  }

  @Test("one that comes back is waited for again when its announcements have reached this task's time")
  func back() {
    var clocks = clocks([100, 100])
    hear(&clocks, 0, 40_000, at: .seconds(30))
    #expect(judged(&clocks, 100, at: .seconds(30)) == [1])
    hear(&clocks, 1, 39_999, at: .seconds(31))
    #expect(judged(&clocks, 40_000, at: .seconds(31)) == [1])
    hear(&clocks, 1, 40_000, at: .seconds(32))
    #expect(judged(&clocks, 40_000, at: .seconds(32)) == [])
  }

  @Test("who was kept from listening passes nobody over")
  func deaf() {
    var clocks = clocks([100, 100])
    #expect(judged(&clocks, 100, at: .seconds(10)) == [])
    clocks.judge(Timestamp(milliseconds: 100), at: .seconds(100)) { _ in true }
    #expect(clocks.passedOver == [])
    for second in 101..<200 {
      clocks.judge(Timestamp(milliseconds: 100), at: .seconds(second)) { _ in true }
      #expect(clocks.passedOver.isEmpty == (second < 119))
    }
  }

  @Test("one that has never announced anything is never passed over")
  func never() {
    var clocks = clocks([nil])
    #expect(judged(&clocks, 0, at: .seconds(3600)) == [])
  }

  @Test("the watermark is the least that upstream tasks permit, each as of this task's time")
  func watermark() {
    #expect(clocks([10_000, 60_000]).watermark(at: Timestamp(milliseconds: 10_000))?.rawValue == 5000)
    #expect(clocks([10_000, 60_000]).watermark(at: Timestamp(milliseconds: 12_000))?.rawValue == 5000)
    #expect(clocks([60_000]).watermark(at: Timestamp(milliseconds: 10_000))?.rawValue == 5000)
    #expect(clocks([60_000], lag: 9000).watermark(at: Timestamp(milliseconds: 60_000))?.rawValue == 51_000)
  }

  @Test("an announcement is read back as it was written, and nothing else is one")
  func bytes() {
    let announcement = Announcement(
      processor: "collect", task: PartitionID(3), time: Timestamp(milliseconds: 7),
      watermark: EventTime(milliseconds: -5))
    let bytes = announcement.encoded()
    #expect(unsafe Announcement(decoding: bytes.span.bytes) == announcement)
    for count in 0..<bytes.count {
      let part = Array(bytes[..<count])
      #expect(unsafe Announcement(decoding: part.span.bytes) == nil)
    }
    let more = bytes + [0]
    #expect(unsafe Announcement(decoding: more.span.bytes) == nil)
  }
}
