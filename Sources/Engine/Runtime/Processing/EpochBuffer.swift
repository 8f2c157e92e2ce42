// Everything an epoch will publish, kept until its commit is known: an abort needs no undo of state, because
// the same bytes are sent again. Only losing the task forgets them, and then the task's memory with them.
internal import Basics

/// A folded epoch of one task, complete and unchanging.
public struct EpochBuffer: Sendable {
  public let record: EpochRecord
  /// The epoch record's bytes: what its hash is taken over and what a take-over compares.
  public let recordBytes: [UInt8]
  public let outputs: OutboundRecords
  public let quarantine: OutboundRecords
  /// `output` is the number of the store.
  public let changelog: OutboundRecords
  /// Sent behind the outputs, and like them `output` is the number of the topic; not hashed.
  public let announcements: OutboundRecords

  init(
    record: EpochRecord, outputs: OutboundRecords, quarantine: OutboundRecords, changelog: OutboundRecords,
    announcements: OutboundRecords = OutboundRecords()
  ) {
    var record = record
    record.outputHash = outputs.hash(seed: quarantine.hash())
    record.stateHash = changelog.hash()
    precondition(record.ledger.isBalanced, "an epoch whose ledger does not balance")
    self.record = record
    recordBytes = record.encoded()
    self.outputs = outputs
    self.quarantine = quarantine
    self.changelog = changelog
    self.announcements = announcements
  }

  public var byteCount: Int {
    recordBytes.count + outputs.byteCount + quarantine.byteCount + changelog.byteCount
      + announcements.byteCount
  }
}
