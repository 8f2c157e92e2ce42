// For `Sabotage.unsyncedRecord`: remembers what was produced, and puts what still waits for its sync into the
// answers that readers get.
import Basics
import BrokerCore
import BrokerProtocol

struct EarlyReading {
  private var produced: [ReplyAddress: ByteSlice] = [:]

  mutating func note(_ packet: Network.Packet) {
    guard case .produce(let request) = packet.request else { return }
    let address = ReplyAddress(connection: packet.connection, token: packet.token)
    produced[address] = request.topics[0].partitions[0].records
  }

  /// The answer with the batch that comes next in each partition, if a held reply says it has been appended.
  func showing(_ response: Response, beside held: [Reply]) -> Response {
    guard case .fetch(var answer) = response else { return response }
    for topic in answer.topics.indices {
      let name = answer.topics[topic].name
      for index in answer.topics[topic].partitions.indices {
        let part = answer.topics[topic].partitions[index]
        guard part.error == .none, let batch = unsynced(name, part, held) else { continue }
        answer.topics[topic].partitions[index].records.append(.memory(batch))
      }
    }
    return .fetch(answer)
  }

  private func unsynced(_ topic: String, _ part: FetchResponse.Partition, _ held: [Reply]) -> ByteSlice? {
    for reply in held {
      guard case .produce(let answer) = reply.response, answer.topics[0].name == topic,
        let records = produced[reply.address]
      else { continue }
      let appended = answer.topics[0].partitions[0]
      if appended.partition == part.partition, appended.baseOffset == part.highWatermark {
        var bytes = records.bytes
        bytes.replaceSubrange(0..<8, with: bigEndian(appended.baseOffset))
        return ByteSlice(bytes)
      }
    }
    return nil
  }

  private func bigEndian(_ offset: Offset) -> [UInt8] {
    (0..<8).reversed().map { UInt8(truncatingIfNeeded: offset.rawValue >> ($0 * 8)) }
  }
}
