// What agents do and what is said about it: executions with their steps and retrievals, and feedback.
internal import Basics

/// One execution, as far as what follows needs to know it.
struct ToldExecution {
  var id: String
  var player: Player
  var exchange: Exchange
  var user: String
  var time: Timestamp
  var isGood: Bool
  var chunks: [String]
}

extension StoryGenerator {
  /// Of the scenario with a bad canary.
  public static let deploymentID = "airline-prompt-8"
  static let experimentID = "airline-tone"

  mutating func execute(_ index: Int, at begin: Timestamp) {
    let player = Cast.players[index]
    agenda.add(.traffic(player: index), at: begin + traffic.about(gap(of: index, at: begin)))
    number += 1
    let id = "\(settings.name)-run-\(number)"
    let user = "user-\(traffic.int(in: 0..<Cast.users))"
    let exchange = traffic.one(of: player.exchanges)
    let arm = index == Cast.leading ? armOfExperiment(user) : nil
    let stage = index == Cast.leading ? stage(of: id, at: begin) : nil
    let isSpoilt = stage == Self.candidateStage && isBad(at: begin) && traffic.chance(6, in: 10)
    let fails = isSpoilt || traffic.chance(player.errors, in: 100)
    let duration_ms = Int(traffic.about(.milliseconds(player.duration_ms)).milliseconds) * (isSpoilt ? 3 : 1)
    let chunks = retrieve(for: id, player, exchange, at: begin)
    let time = begin + .milliseconds(duration_ms)
    var data: JSONObject = [
      "execution_id": .text(id), "status": fails ? "error" : "ok", "user_id": .text(user),
      "session_id": "session-\(user)", "trace_id": "trace-\(number)", "input_text": .text(exchange.input),
    ]
    if fails { data["error.type"] = "tool_timeout" } else { data["output_text"] = .text(exchange.output) }
    describe(&data, player, stage: stage, arm: arm, duration_ms: duration_ms)
    data["task_completed"] = .flag(!fails)
    if !chunks.isEmpty { data["retrieval_ids"] = ["\(id)-search"] }
    tell(
      "executions", "execution.completed", "\(id)-done", of: player.organization, player.name, key: id,
      at: time, data)
    let isGood = !fails && traffic.chance(arm == "treatment" ? 92 : 84, in: 100)
    expose(user, to: arm, in: id, at: time)
    comment(
      on: ToldExecution(
        id: id, player: player, exchange: exchange, user: user, time: time, isGood: isGood, chunks: chunks))
  }

  private mutating func describe(
    _ data: inout JSONObject, _ player: Player, stage: String?, arm: String?, duration_ms: Int
  ) {
    data["gen_ai.request.model"] = "demo-large"
    data["prompt_version"] = stage == Self.candidateStage ? "8" : "7"
    data["task_type"] = .text(player.taskType)
    data["domain"] = .text(player.domain)
    data["gen_ai.usage.input_tokens"] = .whole(400 + traffic.int(in: 0..<900))
    data["gen_ai.usage.output_tokens"] = .whole(40 + traffic.int(in: 0..<240))
    data["cost_usd"] = .number(Double(20 + traffic.int(in: 0..<60)) / 10_000)
    data["duration_ms"] = .whole(duration_ms)
    if let stage {
      data["deployment_id"] = .text(Self.deploymentID)
      data["stage"] = .text(stage)
    }
    if let arm {
      data["experiments"] = [.object(["experiment_id": .text(Self.experimentID), "arm": .text(arm)])]
    }
    let step_ms = duration_ms / player.tools.count
    data["steps"] = .list(
      player.tools.map { .object(["gen_ai.tool.name": .text($0), "duration_ms": .whole(step_ms)]) })
  }

  /// How long until the agent's next execution: less by night, much more while the canary is watched.
  private func gap(of index: Int, at time: Timestamp) -> Duration {
    let rush = settings.turn - StorySettings.rushLead
    if settings.scenario == .badCanary, index == Cast.leading, time >= rush, !isOver(at: time) {
      return .milliseconds(250)
    }
    let hour = (time.rawValue / 3_600_000) % 24
    let share = Double(Cast.players[index].share) / 100 * ((8..<20).contains(hour) ? 1.35 : 0.65)
    return .milliseconds(Int64(1000 / (settings.executionsPerSecond * share)))
  }

  private mutating func retrieve(
    for id: String, _ player: Player, _ exchange: Exchange, at time: Timestamp
  ) -> [String] {
    guard traffic.chance(player.taskType == "retrieval" ? 10 : 3, in: 10) else { return [] }
    let first = traffic.int(in: 0..<40)
    let chunks = (0..<5).map { "\(player.domain)-chunk-\((first + $0 * 7) % 60)" }
    let ranked = chunks.enumerated().map { rank, chunk -> JSONObject.Field in
      .object([
        "chunk_id": .text(chunk), "score": .number(Double(95 - rank * 9) / 100), "rank": .whole(rank + 1),
        "used": .flag(rank < 3), "cited": .flag(rank == 0),
      ])
    }
    tell(
      "retrievals", "retrieval.performed", "\(id)-search", of: player.organization, player.name, key: id,
      at: time,
      [
        "retrieval_id": "\(id)-search", "execution_id": .text(id), "query": .text(exchange.input),
        "chunks": .list(ranked), "duration_ms": .whole(20 + traffic.int(in: 0..<120)),
      ])
    return chunks
  }

  // MARK: - Feedback

  /// One execution in four is judged: sooner or later, in one way or another.
  private mutating func comment(on run: ToldExecution) {
    if settings.scenario == .silence, run.time >= settings.turn { return }
    guard feedback.chance(1, in: 4) else { return }
    let time = run.time + feedback.about(.seconds(40))
    judgeChunk(of: run, at: time)
    var data: JSONObject = ["execution_id": .text(run.id), "user_id": .text(run.user)]
    switch feedback.int(in: 0..<10) {
    case 0..<4: data["feedback_type"] = run.isGood ? "thumbs_up" : "thumbs_down"
    case 4..<7:
      data["feedback_type"] = "rating"
      data["rating"] = .whole(run.isGood ? 4 + feedback.int(in: 0..<2) : 1 + feedback.int(in: 0..<3))
    case 7:
      data["feedback_type"] = "detailed"
      for dimension in ["accuracy", "helpfulness", "clarity", "completeness"] {
        data[dimension] = .whole(run.isGood ? 4 + feedback.int(in: 0..<2) : 2 + feedback.int(in: 0..<2))
      }
    case 8:
      data["feedback_type"] = "voice"
      data["voice_quality_score"] = feedback.hundredths(70, 98)
      data["processing_time_ms"] = .whole(180 + feedback.int(in: 0..<220))
      data["rating"] = .whole(run.isGood ? 5 : 2)
    default:
      data["feedback_type"] = run.isGood ? "thumbs_up" : "correction"
      if !run.isGood {
        data["correction"] = .text(run.exchange.correction)
        data["issue_categories"] = [.text(run.exchange.issue)]
        review(correction: "\(run.id)-feedback", of: run, after: time)
      }
    }
    tell(
      "feedback", "feedback.given", "\(run.id)-feedback", of: run.player.organization, run.player.name,
      key: run.id, at: time, data)
  }

  private mutating func judgeChunk(of run: ToldExecution, at time: Timestamp) {
    guard let first = run.chunks.first, feedback.chance(1, in: 2) else { return }
    tell(
      "retrievals", "retrieval.judged", "\(run.id)-judged", of: run.player.organization, run.player.name,
      key: run.id, at: time,
      [
        "execution_id": .text(run.id), "chunk_id": .text(first), "relevant": .flag(run.isGood),
        "retrieval_id": "\(run.id)-search", "user_id": .text(run.user),
      ])
  }
}
