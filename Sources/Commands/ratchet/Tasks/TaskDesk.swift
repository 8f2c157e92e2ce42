// Where a running `ratchet up` can be asked about its tasks and told what to do with one: a socket in its
// data folder, which it holds alone. The question is a line; the answer begins with one that says ok or
// refused.
import Basics
import POSIX
import Runtime

/// The questions and answers, on both sides.
enum TaskDesk {
  /// The socket's name in the instance's folder.
  static let socket = "tasks.sock"

  enum Question: Equatable {
    case list, listJSON
    case skip(TaskID)

    var line: String {
      switch self {
      case .list: "list"
      case .listJSON: "list json"
      case .skip(let task): "skip \(task)"
      }
    }

    init?(line: String) {
      switch line {
      case "list": self = .list
      case "list json": self = .listJSON
      default:
        guard line.hasPrefix("skip "), let task = TaskID(String(line.dropFirst(5))) else { return nil }
        self = .skip(task)
      }
    }
  }

  /// Asks the instance whose data folder `data` is. Throws what it refuses.
  static func ask(_ question: Question, data: String) throws(Diagnostic) -> String {
    let bytes: [UInt8]
    do throws(SystemCallError) {
      bytes = try askLocally(question.line, folder: engineFolder(in: data), name: socket)
    } catch {
      guard error.isNobodyThere else { throw Diagnostic("cannot be asked: \(error)", at: .path(data)) }
      throw Diagnostic(
        "no ratchet up runs with this data folder", at: .path(data),
        next: "name the --data of the instance to ask, on the machine it runs on")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    let body = parts.count == 2 ? String(parts[1]) : ""
    switch parts[0] {
    case "ok": return body
    case "refused": throw Diagnostic(body)
    default: throw Diagnostic("ended before it had answered", at: .path(data))
    }
  }
}

/// Where an instance keeps its state, within the folder of `--data`.
func engineFolder(in data: String) -> String { "\(data)/engine" }

extension TaskID {
  /// As it is written: `collect/3`.
  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, let partition = Int32(parts[1]), partition >= 0 else {
      return nil
    }
    self.init(processor: String(parts[0]), partition: PartitionID(partition))
  }
}

/// Answers for a running engine.
struct TaskClerk: Sendable {
  let engine: Engine

  /// How long a task that was told to skip is watched until it goes on.
  private static let skipTimeMax = Duration.seconds(10)

  func answer(_ line: String) -> [UInt8] {
    do throws(Diagnostic) {
      guard let question = TaskDesk.Question(line: line) else {
        throw Diagnostic("this instance does not understand \"\(line)\"", next: "is it of the same version?")
      }
      return Array("ok\n\(try answer(question))".utf8)
    } catch {
      return Array("refused\n\(error)".utf8)
    }
  }

  private func answer(_ question: TaskDesk.Question) throws(Diagnostic) -> String {
    switch question {
    case .list: statusTable(engine.status, at: systemTime())
    case .listJSON: statusJSON(engine.status)
    case .skip(let task): try skip(task)
    }
  }

  private func skip(_ id: TaskID) throws(Diagnostic) -> String {
    guard let task = state(of: id) else {
      throw Diagnostic(
        "\(id) is not this instance's", next: "ratchet tasks list shows what is; ask the instance that has it"
      )
    }
    guard case .stalled(let reason) = task else {
      throw Diagnostic("\(id) is not stalled", why: "only a task whose records were deleted has any to skip")
    }
    engine.tell(.skip(id))
    let deadline = ContinuousClock.now + Self.skipTimeMax
    while ContinuousClock.now < deadline {
      if state(of: id) == .running {
        return "\(id) goes on behind the deleted records; its next epoch record says how many were skipped"
      }
      pauseThread(.milliseconds(20))
    }
    throw Diagnostic("\(id) was told to skip and does not run yet", why: "it had stalled because: \(reason)")
  }

  private func state(of id: TaskID) -> TaskStatus.State? {
    for worker in engine.status {
      if let task = worker.tasks.first(where: { $0.task == id }) { return task.state }
    }
    return nil
  }
}
