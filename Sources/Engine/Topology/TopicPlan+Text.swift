// The plan as people read it. `+` is made, `~` is changed, `!` is refused.
import Basics

extension TopicPlan {
  /// Lines without a final line feed; the same plan gives the same text.
  public var text: String {
    let lines = actionLines + undeclared.map { "    \($0)  is not declared and is left alone" }
    return (lines + (lines.isEmpty ? [] : [""]) + [summary]).joined(separator: "\n")
  }

  /// The actions alone, or that there are none: for a plan of one topic.
  public var status: String { isDone ? "  as declared" : actionLines.joined(separator: "\n") }

  private var actionLines: [String] {
    var lines: [String] = []
    let width = creations.map(\.name.count).max() ?? 0
    for creation in creations {
      let topic = creation.declaration
      let name = creation.name.padded(to: width)
      lines.append("  + \(name)  \(counted(topic.partitions).padded(to: 12))  \(topic.cleanup)")
    }
    for change in changes {
      lines.append("  ~ \(change.name)")
      let width = change.differences.map(\.name.count).max() ?? 0
      for setting in change.differences {
        lines.append("      \(setting.name.padded(to: width))  \(setting.from ?? "unset") -> \(setting.to)")
      }
    }
    for refusal in refusals {
      lines.append("  ! \(refusal.diagnostic.description.replacing("\n", with: "\n    "))")
    }
    return lines
  }

  /// `33 to create, 1 to change, 0 refused, 4 as declared`
  public var summary: String {
    if isDone { return "nothing to do: \(unchanged.count) topics are as declared" }
    return "\(creations.count) to create, \(changes.count) to change, \(refusals.count) refused, "
      + "\(unchanged.count) as declared"
  }
}

extension String {
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
