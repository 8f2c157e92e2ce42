// The processor of chunks: judgements from `collect` become each chunk's relevance. It owns chunks by their
// id.
internal import Basics
internal import Events
internal import Learning
internal import Runtime

/// Folds judgements, and publishes the chunks that an epoch has touched.
struct RetrievalProcessor: Processor {
  /// Of the fold's code; a replay by another is told apart by it.
  static let version: UInt64 = 2

  /// In a `let`, because exclusivity of a property that changes is checked at every event.
  private final class Desk {
    let decoder = Cell(EventDecoder())
  }

  private let desk = Desk()
  private var control = ControlState()
  private let chunks = KeyValueStore<String, ChunkRelevance>("relevance")
  private var touched = TouchedKeys()
  private var writer = ProjectionWriter(ChunkRelevanceField.self)

  var stores: [any TaskStore] { [control.store, chunks] }

  mutating func fold(_ record: borrowing InputRecord, in context: inout FoldContext) -> Verdict {
    if record.input == 0 {
      // Chunks name nobody: an erasure finds nothing here.
      let desk = desk
      return control.fold(record, with: &desk.decoder.value).verdict
    }
    guard let value = record.value, let judgement = ChunkJudgement(stored: value) else {
      return .setAside(.undecodable)
    }
    let key = entityKey(organization: judgement.organization, id: judgement.chunk)
    chunks.update(key) { chunk in
      if chunk == nil { chunk = ChunkRelevance(judgement) }
      chunk?.add(judgement)
    }
    touched.insert(key)
    return .folded
  }

  mutating func closeEpoch(in context: inout FoldContext) {
    guard context.isEpochOver else { return }
    for name in touched.take() {
      guard let chunk = chunks[name] else { continue }
      let (key, bytes) = (Array(name.utf8), writer.write(chunk))
      context.emit(0, key: unsafe key.span.bytes, value: unsafe bytes.span.bytes)
    }
  }
}
