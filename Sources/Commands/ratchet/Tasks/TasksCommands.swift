// ratchet tasks: what a running instance does, and the one thing that only a person can decide for it.
import Basics
import POSIX
import Runtime

private let dataOption = Option(
  name: "data", value: "DIR", summary: "the data folder of the instance to ask", fallback: "ratchet-data")

extension Command {
  static let tasksList = Command(
    name: "tasks list", summary: "show what each task of a running instance is doing",
    options: [dataOption, Option(name: "json", summary: "one JSON object instead of text")],
    notes: """
      Asks the ratchet up that runs on this machine with this data folder, and shows its own tasks only.
      state is restoring, rebalancing (between owners), running, stalled (a person is needed) or fenced.
      lag is how many offsets wait to be read; behind by, how old the last record read is while more wait.
      """
  ) { arguments in
    let question: TaskDesk.Question = arguments.flag("json") ? .listJSON : .list
    print(try TaskDesk.ask(question, data: arguments.text("data") ?? ""))
    return .success
  }

  static let tasksSkip = Command(
    name: "tasks skip", summary: "let a stalled task go on behind records that were deleted unread",
    operands: [Operand(name: "TASK", summary: "as tasks list shows it, such as collect/3")],
    options: [dataOption],
    notes: """
      A task whose next records were deleted before it had read them stalls, because going on would lose them
      without a word. This says that they are lost: the gap stands in the task's next epoch record for ever.
      """
  ) { arguments in
    let name = arguments.text("TASK") ?? ""
    guard let task = TaskID(name) else {
      throw UsageError("\"\(name)\" is not a task", at: "TASK", next: "write it as collect/3")
    }
    print(try TaskDesk.ask(.skip(task), data: arguments.text("data") ?? ""))
    return .success
  }
}
