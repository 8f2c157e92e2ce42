// The parts of changes as bytes and back: topics, groups, transactions, producers. What holds for changes
// holds here: these layouts are on disks.
import Basics
import BrokerProtocol

extension Topic {
  func write(to writer: inout ChangeWriter) {
    writer.write(name)
    writer.write(id.high)
    writer.write(id.low)
    writer.write(logs) { $0.write($1) }
    writer.write(overrides) { writer, override in
      writer.write(override.name)
      writer.write(override.value)
    }
  }

  init(from reader: inout ChangeReader) throws(MalformedChange) {
    self.init(
      name: try reader.text(), id: TopicID(high: try reader.number(), low: try reader.number()),
      logs: try reader.list { reader throws(MalformedChange) in try reader.value() },
      overrides: try reader.list { reader throws(MalformedChange) in
        ConfigValue(name: try reader.text(), value: try reader.optionalText())
      })
  }
}

extension GroupRecord {
  func write(to writer: inout ChangeWriter) {
    writer.write(id)
    writer.write(phase)
    writer.write(generation)
    writer.write(protocolType)
    writer.write(protocolName)
    writer.write(leader)
    writer.write(members) { $1.write(to: &$0) }
    writer.write(emptySince)
  }

  init(from reader: inout ChangeReader) throws(MalformedChange) {
    self.init(id: try reader.text())
    phase = try reader.value()
    generation = try reader.number()
    protocolType = try reader.optionalText()
    protocolName = try reader.optionalText()
    leader = try reader.optionalText()
    members = try reader.list { reader throws(MalformedChange) in try GroupMember(from: &reader) }
    emptySince = try reader.value()
  }
}

extension GroupMember {
  func write(to writer: inout ChangeWriter) {
    writer.write(id)
    writer.write(instanceID)
    writer.write(sessionTimeout)
    writer.write(rebalanceTimeout)
    writer.write(assignors) { writer, assignor in
      writer.write(assignor.name)
      writer.write(assignor.metadata)
    }
    writer.write(assignment)
  }

  init(from reader: inout ChangeReader) throws(MalformedChange) {
    self.init(
      id: try reader.text(), instanceID: try reader.optionalText(), sessionTimeout: try reader.duration(),
      rebalanceTimeout: try reader.duration(),
      assignors: try reader.list { reader throws(MalformedChange) in
        Assignor(name: try reader.text(), metadata: try reader.blob())
      },
      assignment: try reader.blob())
  }
}

extension TransactionState {
  func write(to writer: inout ChangeWriter) {
    writer.write(id)
    writer.write(producerID)
    writer.write(epoch)
    writer.write(former.producerID)
    writer.write(former.epoch)
    writer.write(timeout)
    writer.write(phase)
    writer.write(partitions.sorted()) { $0.write($1) }
    writer.write(groups.sorted()) { $0.write($1) }
    writer.write(startedAt)
    writer.write(lastActive)
  }

  init(from reader: inout ChangeReader) throws(MalformedChange) {
    self.init(
      id: try reader.text(), producerID: try reader.value(), epoch: try reader.value(),
      former: (try reader.value(), try reader.value()), timeout: try reader.duration(),
      phase: try reader.value(),
      partitions: Set(try reader.list { reader throws(MalformedChange) in try reader.partition() }),
      groups: Set(try reader.list { reader throws(MalformedChange) in try reader.text() }),
      startedAt: try reader.value(), lastActive: try reader.value())
  }
}

extension ProducerState {
  func write(to writer: inout ChangeWriter) {
    writer.write(id)
    writer.write(epoch)
    writer.write(batches) { writer, batch in
      writer.write(batch.firstSequence)
      writer.write(batch.lastSequence)
      writer.write(batch.baseOffset)
      writer.write(batch.timestamp)
    }
    writer.write(openSince ?? .none)
    writer.write(lastActive)
  }

  init(from reader: inout ChangeReader) throws(MalformedChange) {
    let id: ProducerID = try reader.value()
    let epoch: ProducerEpoch = try reader.value()
    let batches = try reader.list { reader throws(MalformedChange) in
      Batch(
        firstSequence: try reader.number(), lastSequence: try reader.number(),
        baseOffset: try reader.value(), timestamp: try reader.value())
    }
    let openSince: Offset = try reader.value()
    self.init(
      id: id, epoch: epoch, batches: batches, openSince: openSince == .none ? nil : openSince,
      lastActive: try reader.value())
  }
}

extension AbortedRange {
  func write(to writer: inout ChangeWriter) {
    writer.write(producerID)
    writer.write(first)
    writer.write(last)
  }

  init(from reader: inout ChangeReader) throws(MalformedChange) {
    self.init(producerID: try reader.value(), first: try reader.value(), last: try reader.value())
  }
}
