// What agents were given to read (R3): each retrieval with its ranked chunks, and how useful chunks were.

/// One chunk of a retrieval, best first.
public enum RetrievedChunk: Int, FieldSet {
  case chunkID, documentID, score, rank, used, cited

  public var field: Field {
    switch self {
    case .chunkID: .id("chunk_id", "the chunk").required
    case .documentID: .id("document_id", "the document it is a part of")
    case .score: .number("score", "the retriever's score")
    case .rank: .whole("rank", 1...10000, "its place, from 1")
    case .used: .boolean("used", "whether the agent was shown it")
    case .cited: .boolean("cited", "whether the answer cites it")
    }
  }
}

/// An agent has searched for something to read (R3.7).
public enum RetrievalPerformed: Int, EventKind {
  case retrievalID, executionID, query, chunks, dataSourceID, duration_ms

  public static let type = EventType.retrievalPerformed

  public static let shape = EventShape(
    Self.self, on: .retrievals, "An agent has searched for something to read (R3.7).",
    key: ["execution_id"], needsAgent: true)

  public var field: Field {
    switch self {
    case .retrievalID: .id("retrieval_id", "the retrieval").required
    case .executionID: .id("execution_id", "the execution it was for").required
    case .query: .text("query", "what was searched for").required
    case .chunks: .records("chunks", RetrievedChunk.self, upTo: 256, "what was found, best first").required
    case .dataSourceID: .id("gen_ai.data_source.id", "where it was searched")
    case .duration_ms: .amount("duration_ms", "how long it took, in milliseconds")
    }
  }
}

/// Somebody has said whether a retrieved chunk was relevant (R3.7).
public enum RetrievalJudged: Int, EventKind {
  case executionID, chunkID, relevant, retrievalID, userID

  public static let type = EventType.retrievalJudged

  public static let shape = EventShape(
    Self.self, on: .retrievals, "Somebody has said whether a retrieved chunk was relevant (R3.7).",
    key: ["execution_id"], needsAgent: true)

  public var field: Field {
    switch self {
    case .executionID: .id("execution_id", "the execution").required
    case .chunkID: .id("chunk_id", "the chunk").required
    case .relevant: .boolean("relevant", "whether it was").required
    case .retrievalID: .id("retrieval_id", "the retrieval")
    case .userID: .id("user_id", "who said so")
    }
  }
}
