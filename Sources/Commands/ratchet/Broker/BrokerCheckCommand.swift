// ratchet broker check: reads a stopped broker's data folder through and says what it found.
import Basics
import BrokerCore
import BrokerServer

extension Command {
  static let brokerCheck = Command(
    name: "broker check", summary: "verify a stopped broker's data folder without changing it",
    operands: [Operand(name: "DIR", summary: "the folder given to the broker as --data")],
    notes:
      "Ends with 0 when everything that was acknowledged is sound, and with 1 when something is damaged.",
    run: runBrokerCheck)
}

private func runBrokerCheck(_ arguments: Arguments) throws -> ExitStatus {
  let check: StoreCheck
  var progress = Progress()
  do {
    check = try StoreCheck(of: dataFolder(arguments.text("DIR") ?? "", create: false)) {
      progress.tell("\($0.segments) segments, \($0.bytes) bytes read")
    }
  } catch let error as StoreError {
    throw error.diagnostic
  }
  for finding in check.findings { print(finding) }
  print(
    """
    \(check.isDamaged ? "damaged" : "sound"): \(check.logs) partitions, \(check.segments) segments, \
    \(check.frames) journal frames, \(check.batches) batches, \(check.records) records, \(check.bytes) bytes
    """)
  return check.isDamaged ? .failure : .success
}
