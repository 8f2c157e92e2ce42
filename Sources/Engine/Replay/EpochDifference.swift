// Where an epoch, folded again, first differs from what was published: down to the key and the field.
public import Basics

/// The first epoch that differs.
public struct EpochDifference: Sendable {
  /// One difference, the first of its part.
  public struct Detail: Hashable, Sendable {
    public enum Part: String, Hashable, Sendable { case time, ledger, output, state }

    public var part: Part
    /// The topic and partition concerned: an input's for the ledger, else where the record was published.
    public var partition: TopicPartition
    /// The record's key; for the state, the key in its store.
    public var key: String
    /// What of the record differs: a field of its value, `value`, `timestamp`, a header's name, or `record`.
    public var field: String
    /// As the epoch published it; nil: not there.
    public var published: String?
    /// As it comes out today; nil: not there.
    public var recomputed: String?
    /// Where the published record stands.
    public var offset: Offset?
  }

  public var epoch: Epoch
  /// Recorded time at the epoch's end.
  public var recordedTime: Timestamp
  /// The first difference of each part that has one.
  public var details: [Detail]
}
