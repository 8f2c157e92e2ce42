// A replay's result as people read it: one line for the verdict, indented lines for what it rests on.
internal import Basics
internal import Runtime

extension ReplayResult {
  /// `elapsed` is how long the replay of this task took.
  public func text(elapsed: Duration) -> String {
    var lines = ["\(task): \(headline)"]
    if folded > 0 { lines.append(volume(elapsed)) }
    for other in otherCode { lines.append(other.text) }
    switch verdict {
    case .identical: break
    case .different(let difference): lines += difference.lines
    case .unknown(.missing(let missing)): lines += missingLines(missing)
    case .unknown: break
    }
    return lines.joined(separator: "\n  ")
  }

  private var headline: String {
    switch verdict {
    case .identical: "identical, \(compared) epochs compared"
    case .different(let difference):
      "DIFFERENT at epoch \(difference.epoch), whose recorded time ends at \(difference.recordedTime)"
    case .unknown(.nothingRecorded): "no epoch to compare is recorded"
    case .unknown(let reason): "cannot say: \(reason.text)"
    }
  }

  private func volume(_ elapsed: Duration) -> String {
    var text = "folded \(folded) epochs"
    if let first, let last { text += " (\(first) to \(last))" }
    text += ", \(records) records"
    if let begin, let end { text += ", recorded from \(begin) to \(end)" }
    return text + speed(of: span, in: elapsed)
  }

  private func missingLines(_ missing: Missing) -> [String] {
    var lines = [
      "epoch \(missing.epoch) read \(missing.read) records of \(missing.partition) from offset"
        + " \(missing.first) up to \(missing.next), of which \(missing.found) are left"
    ]
    guard let retainedFrom else { return lines }
    lines.append("all inputs are there from epoch \(retainedFrom.epoch), \(retainedFrom.time), on")
    lines.append(
      "the state at that epoch follows from the epochs before, which cannot be folded any more; a"
        + " processor without stores can be asked with --from \(retainedFrom.epoch)")
    return lines
  }
}

/// `, 85 times live`; nothing when it was too short to tell.
public func speed(of span: Duration, in elapsed: Duration) -> String {
  let (live, taken) = (span.milliseconds, elapsed.milliseconds)
  guard live > 0, taken > 0 else { return "" }
  let tenths = live * 10 / taken
  return ", \(tenths >= 100 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)") times live"
}

extension ReplayResult.Reason {
  var text: String {
    switch self {
    case .nothingRecorded: "no epoch to compare is recorded"
    case .logCut(let first):
      "its epoch log begins with epoch \(first), so the state before it cannot be made again"
    case .missing(let missing): "inputs of epoch \(missing.epoch) are not there any more"
    case .otherInputs(let epoch): "epoch \(epoch) read other inputs than the processor reads today"
    case .otherCode(let epoch, let since):
      "epoch \(epoch) differs, but other code had already left another state at epoch \(since)"
    }
  }
}

extension ReplayResult.OtherCode {
  var text: String {
    let count = epochs.upperBound.rawValue - epochs.lowerBound.rawValue + 1
    return "epochs \(epochs.lowerBound) to \(epochs.upperBound) were folded by other code or configuration"
      + " (\(hexadecimal(codeHash))); \(same) of \(count) come out the same"
  }
}

extension EpochDifference {
  fileprivate var lines: [String] {
    details.map { detail in
      var place = "\(detail.partition)"
      if let offset = detail.offset { place += "@\(offset)" }
      let key = detail.key.isEmpty ? "" : " key \(detail.key)"
      return "\(detail.part.rawValue): \(place)\(key), \(detail.field):"
        + " published \(detail.published ?? "nothing"), now \(detail.recomputed ?? "nothing")"
    }
  }
}

extension TaskSurvey {
  /// What there is, and how much of it can be asked.
  public var text: String {
    guard let epochs, let begin, let end else { return "\(task): no epoch is recorded" }
    var lines = [
      "\(task): epochs \(epochs.lowerBound) to \(epochs.upperBound), \(records) records,"
        + " recorded from \(begin) to \(end)"
    ]
    for stretch in stretches where stretch.codeHash != codeHash {
      lines.append(
        "epochs \(stretch.epochs.lowerBound) to \(stretch.epochs.upperBound) were folded by other code or"
          + " configuration (\(hexadecimal(stretch.codeHash)))")
    }
    if let lastGone {
      let enters = isStateless ? "the past can be asked" : "the state there cannot be made again: it follows"
      lines.append(
        "inputs up to epoch \(lastGone.epoch), \(lastGone.end), are not all there any more; behind it "
          + enters + (isStateless ? " with --from \(lastGone.epoch.next)" : " from the epochs before"))
    } else if !isWhole {
      lines.append("its log does not begin with epoch 0: the state before cannot be made again")
    } else {
      lines.append("all its inputs are there: the past can be asked from \(begin) on")
    }
    return lines.joined(separator: "\n  ")
  }
}

/// Sixteen digits, as code hashes are shown everywhere.
func hexadecimal(_ hash: UInt64) -> String {
  let digits = String(hash, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
