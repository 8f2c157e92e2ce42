// What the whole product is measured with: 80% executions, 15% feedback and 5% retrievals of some agents, in
// binary mode, in the order in which they happened, in the partition that murmur2 gives their key.
import Basics
import Kafka

/// Makes the events of a load, one behind the other.
struct LoopEvents {
  static let topics = ["executions", "feedback", "retrievals"]
  static let partitions: Int32 = 4
  private static let (agents, users) = (100, 10_000)
  /// Of a hundred of feedback, how many are corrections: each becomes a learning example.
  private static let corrections = 5

  private var random: SeededRandom
  private var executions = 0
  private(set) var count = 0
  /// By topic.
  private(set) var counts = [0, 0, 0]
  private(set) var byteCount = 0
  private(set) var marked = 0
  /// Puts a load's ids apart from another's.
  let name: String

  init(_ name: String, seed: UInt64) {
    self.name = name
    random = SeededRandom(seed: seed)
  }

  /// Adds the next event, of `time`, to the batch of its topic. A correction says `mark`, which its example
  /// repeats: in letters, because digits might be taken for somebody's number and be redacted.
  mutating func add(to batches: [ProduceBatch], at time: Timestamp, mark: Int64? = nil) {
    defer { count += 1 }
    let kind = executions == 0 ? 0 : random.int(in: 0..<100)
    let topic = kind < 80 ? 0 : kind < 95 ? 1 : 2
    counts[topic] += 1
    switch topic {
    case 0: addExecution(to: batches[0], at: time)
    case 1: addFeedback(to: batches[1], at: time, mark)
    default: addRetrieval(to: batches[2], at: time)
    }
  }

  private mutating func addExecution(to batch: ProduceBatch, at time: Timestamp) {
    executions += 1
    let fails = random.chance(2, in: 100)
    let data = """
      {"execution_id":"\(id(executions))","status":"\(fails ? "error" : "ok")","user_id":"\(user)",\
      "session_id":"session-\(executions / 3)","input_text":"How many bags may I take on a flight to Lisbon, \
      and what does a second one cost?","output_text":"One cabin bag of 8 kg is included in economy light; \
      a checked bag of up to 23 kg costs 30 euros online and 45 euros at the counter.",\
      "gen_ai.request.model":"demo-large","prompt_version":"7","task_type":"baggage",\
      "domain":"airline","gen_ai.usage.input_tokens":\
      \(400 + random.int(in: 0..<900)),"gen_ai.usage.output_tokens":\(40 + random.int(in: 0..<240)),\
      "cost_usd":0.0041,"duration_ms":\(300 + random.int(in: 0..<3000)),"task_completed":\(!fails),"steps":\
      [{"gen_ai.tool.name":"get_reservation_details","duration_ms":84.5},\
      {"gen_ai.tool.name":"get_baggage_rules","duration_ms":41}]}
      """
    add(data, "execution.completed", key: id(executions), executions, to: batch, at: time)
  }

  private mutating func addFeedback(to batch: ProduceBatch, at time: Timestamp, _ mark: Int64?) {
    let number = max(1, executions - random.int(in: 0..<1000))
    let key = id(number)
    var said = "\"feedback_type\":\"rating\",\"rating\":\(1 + random.int(in: 0..<5))"
    if random.chance(Self.corrections, in: 100) {
      if mark != nil { marked += 1 }
      let mark = mark.map { " marked-\(Self.letters(of: $0))." } ?? ""
      said = "\"feedback_type\":\"correction\",\"correction\":\"Two bags of 23 kg are included.\(mark)\""
    }
    let data = """
      {\(said),"execution_id":"\(key)","user_id":"\(user)","page_context":"/support/chat","text":"The answer \
      came at once, but I had to ask twice before it was about the flight that I have booked."}
      """
    add(data, "feedback.given", key: key, number, to: batch, at: time)
  }

  private mutating func addRetrieval(to batch: ProduceBatch, at time: Timestamp) {
    let number = max(1, executions - random.int(in: 0..<10))
    let chunks = (0..<5).map {
      "{\"chunk_id\":\"chunk-\(random.int(in: 0..<5000))\",\"score\":0.\(90 - 9 * $0),\"rank\":\($0 + 1)}"
    }
    let data = """
      {"retrieval_id":"\(name)-search-\(count)","execution_id":"\(id(number))","query":"baggage allowance \
      economy light","chunks":[\(chunks.joined(separator: ","))],"duration_ms":45}
      """
    add(data, "retrieval.performed", key: id(number), number, to: batch, at: time)
  }

  static func letters(of mark: Int64) -> String {
    String(decoding: "\(mark)".utf8.map { $0 &+ 49 }, as: UTF8.self)
  }

  /// The mark that a record's text repeats.
  static func mark(_ record: borrowing ConsumedRecord) -> Int64? {
    guard let value = record.value else { return nil }
    return unsafe value.withUnsafeBytes { bytes -> Int64? in
      // By hand, because a search by a pattern would be most of what is measured.
      let word = Array("marked-".utf8)
      let found = bytes.indices.first {
        unsafe bytes[$0] == word[0] && bytes[$0...].starts(with: word)
      }
      guard let found else { return nil }
      let start = found + word.count
      let letters = unsafe bytes[start...].prefix { (97...106).contains($0) }
      return unsafe Int64(String(decoding: letters.map { $0 &- 49 }, as: UTF8.self))
    }
  }

  private func id(_ number: Int) -> String { "\(name)-run-\(number)" }
  private var user: String { "user-\((count &* 7919) % Self.users)" }

  private mutating func add(
    _ data: String, _ type: String, key: String, _ number: Int, to batch: ProduceBatch, at time: Timestamp
  ) {
    let (value, keyBytes) = (Array(data.utf8), Array(key.utf8))
    byteCount += value.count
    batch.append(
      to: murmur2Partition(ofKey: key, of: Self.partitions), key: unsafe keyBytes.span.bytes,
      value: unsafe value.span.bytes, timestamp: time)
    Self.addHeaders(
      to: batch, id: "\(name)-\(count)", type, at: time,
      organization: number.isMultiple(of: 2) ? "acme" : "globex", agent: "agent-\(number % Self.agents)")
  }

  /// A CloudEvent's attributes, to the last record.
  static func addHeaders(
    to batch: ProduceBatch, id: String, _ type: String, at time: Timestamp, organization: String,
    agent: String
  ) {
    let attributes = [
      ("ce_specversion", "1.0"), ("ce_id", id), ("ce_source", "/bench"), ("ce_type", type),
      ("ce_time", time.description), ("ce_organization", organization), ("ce_agent", agent),
    ]
    for (name, value) in attributes {
      let (name, value) = (Array(name.utf8), Array(value.utf8))
      batch.appendHeader(unsafe name.span.bytes, unsafe value.span.bytes)
    }
  }
}
