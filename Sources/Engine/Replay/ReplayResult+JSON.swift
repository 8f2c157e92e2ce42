// A replay's result as programs read it: one object, its members in a fixed order.
internal import Basics
internal import Runtime

extension ReplayResult {
  /// `elapsed` is how long the replay of this task took.
  public func json(elapsed: Duration) -> String {
    object([
      ("task", quoted("\(task)")), ("verdict", quoted(verdictName)), ("folded", String(folded)),
      ("compared", String(compared)), ("records", String(records)), ("first", number(first)),
      ("last", number(last)), ("recorded_ms", String(span.milliseconds)),
      ("elapsed_ms", String(elapsed.milliseconds)), ("other_code", array(otherCode.map(\.json))),
      ("reason", reason.map { quoted($0.text) } ?? "null"), ("missing", missing?.json ?? "null"),
      ("retained_from", number(retainedFrom?.epoch)), ("difference", difference?.json ?? "null"),
    ])
  }

  private var verdictName: String {
    switch verdict {
    case .identical: "identical"
    case .different: "different"
    case .unknown: "unknown"
    }
  }

  private var reason: Reason? { if case .unknown(let reason) = verdict { reason } else { nil } }

  private var missing: Missing? {
    if case .unknown(.missing(let missing)) = verdict { missing } else { nil }
  }

  private var difference: EpochDifference? {
    if case .different(let difference) = verdict { difference } else { nil }
  }
}

extension TaskSurvey {
  public var json: String {
    object([
      ("task", quoted("\(task)")), ("whole", String(isWhole)), ("records", String(records)),
      ("first", number(epochs?.lowerBound)), ("last", number(epochs?.upperBound)),
      ("begin", begin.map { quoted("\($0)") } ?? "null"), ("end", end.map { quoted("\($0)") } ?? "null"),
      (
        "code",
        array(
          stretches.map { stretch in
            object([
              ("hash", quoted(hexadecimal(stretch.codeHash))), ("first", number(stretch.epochs.lowerBound)),
              ("last", number(stretch.epochs.upperBound)),
              ("today", String(stretch.codeHash == codeHash)),
            ])
          })
      ),
      ("last_gone", number(lastGone?.epoch)),
    ])
  }
}

extension ReplayResult.OtherCode {
  fileprivate var json: String {
    object([
      ("hash", quoted(hexadecimal(codeHash))), ("first", number(epochs.lowerBound)),
      ("last", number(epochs.upperBound)), ("same", String(same)),
    ])
  }
}

extension ReplayResult.Missing {
  fileprivate var json: String {
    object([
      ("epoch", number(epoch)), ("topic", quoted(partition.topic)),
      ("partition", String(partition.partition.rawValue)), ("first", String(first.rawValue)),
      ("next", String(next.rawValue)), ("read", String(read)), ("found", String(found)),
      ("earliest", String(earliest.rawValue)),
    ])
  }
}

extension EpochDifference {
  fileprivate var json: String {
    let shown = details.map { detail in
      object([
        ("part", quoted(detail.part.rawValue)), ("topic", quoted(detail.partition.topic)),
        ("partition", String(detail.partition.partition.rawValue)),
        ("offset", detail.offset.map { String($0.rawValue) } ?? "null"), ("key", quoted(detail.key)),
        ("field", quoted(detail.field)), ("published", detail.published.map(quoted) ?? "null"),
        ("recomputed", detail.recomputed.map(quoted) ?? "null"),
      ])
    }
    return object([
      ("epoch", number(epoch)), ("recorded_time", quoted("\(recordedTime)")), ("details", array(shown)),
    ])
  }
}

private func number(_ epoch: Epoch?) -> String { epoch.map { String($0.rawValue) } ?? "null" }

private func quoted(_ text: String) -> String {
  var bytes: [UInt8] = []
  bytes.appendJSON(text)
  return String(decoding: bytes, as: UTF8.self)
}

private func array(_ elements: [String]) -> String { "[\(elements.joined(separator: ","))]" }

private func object(_ members: [(String, String)]) -> String {
  "{\(members.map { "\(quoted($0.0)):\($0.1)" }.joined(separator: ","))}"
}
