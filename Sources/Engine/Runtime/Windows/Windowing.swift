// Event time cut into windows. All windows begin at multiples of their hop since the Unix epoch, so every
// task and every run cuts alike.
public import Basics

/// From `start` on, up to and without `end`.
public struct Window: Hashable, Sendable {
  public var start: EventTime
  public var end: EventTime

  public init(start: EventTime, end: EventTime) {
    self.start = start
    self.end = end
  }
}

/// How event time is cut. A window is made of panes as long as the hop, so an event is kept once however many
/// windows it belongs to.
public struct Windowing: Hashable, Sendable {
  @usableFromInline let size_ms: Int64
  @usableFromInline let hop_ms: Int64
  @usableFromInline let grace_ms: Int64

  /// Windows that follow each other. Events up to `grace` behind a window's end correct it.
  public static func tumbling(_ size: Duration, grace: Duration) -> Windowing {
    hopping(size, every: size, grace: grace)
  }

  /// Windows of `size` that end every `hop`, which must divide it.
  public static func hopping(_ size: Duration, every hop: Duration, grace: Duration) -> Windowing {
    precondition(
      hop >= .milliseconds(1) && size.milliseconds % hop.milliseconds == 0 && grace >= .zero,
      "a window's size must be a multiple of its hop")
    return Windowing(
      size_ms: size.milliseconds, hop_ms: hop.milliseconds, grace_ms: grace.milliseconds)
  }

  /// Where the pane that holds `time` begins. Rounded down, also before 1970.
  @inlinable func pane(of time: EventTime) -> Int64 {
    let rest = time.rawValue % hop_ms
    return time.rawValue - (rest < 0 ? rest + hop_ms : rest)
  }

  /// Where the first window that ends behind `time` ends.
  @inlinable func end(after time: EventTime) -> Int64 { pane(of: time) + hop_ms }

  /// Nothing that still comes can change a window with this pane.
  @inlinable func isPast(_ pane: Int64, at watermark: EventTime) -> Bool {
    pane + size_ms + grace_ms <= watermark.rawValue
  }

  @usableFromInline func window(endingAt end: Int64) -> Window {
    Window(start: EventTime(milliseconds: end - size_ms), end: EventTime(milliseconds: end))
  }

  /// Event times beyond this are no times; the bound keeps sums of times within 64 bits.
  @inlinable static var times: ClosedRange<Int64> { -1 << 53...1 << 53 }
}

/// What a window holds: made from events, or from what upstream tasks made of theirs.
public protocol WindowAggregate: Storable {
  init()
  /// Takes up what came later, or from a task that stands behind in order.
  mutating func merge(_ other: Self)
}

/// What a window has come to.
public struct WindowResult<Value> {
  public var window: Window
  public var value: Value
  /// The window had closed before: this takes the place of what was said of it then, if it had any events.
  public var isCorrection: Bool

  @inlinable init(window: Window, value: Value, isCorrection: Bool) {
    (self.window, self.value, self.isCorrection) = (window, value, isCorrection)
  }
}
