// metrics.yaml: the shipped file is whole, and each class of slip is told with its place and a suggestion.
import Basics
import Metrics
import Testing

@testable import Topology

private func parse(_ text: String) throws(Diagnostics) -> MetricDeclarations {
  try parseMetrics(Array(text.utf8), file: "m.yaml")
}

private func slips(_ text: String) -> String {
  do throws(Diagnostics) { _ = try parse(text) } catch { return error.description }
  return "none"
}

private let head = "metrics:\n  - name: m\n    unit: u\n    help: h\n"

@Suite("Metric file")
struct MetricFileTests {
  @Test("the shipped file declares every metric of R8 and nothing is wrong with it")
  func shipped() throws {
    let declarations = try parseMetrics(try contents("../../topology/metrics.yaml"), file: "metrics.yaml")
    let names = Set(declarations.metrics.map(\.name))
    for name in shippedNames where !names.contains(name) { Issue.record("\(name) is not declared") }
    #expect(declarations.metrics.count { $0.target != nil } >= 30)
    #expect(declarations.views.map(\.name).count == 3)
    let buckets = declarations.metrics.first { $0.name == "learning_response_time" }?.kind
    guard case .histogram(let bounds)? = buckets else {
      Issue.record("learning_response_time is no histogram")
      return
    }
    for limit: Double in [100, 200, 300, 500, 2000] {
      #expect(bounds.contains { $0 < limit } && bounds.contains { $0 >= limit })
    }
  }

  @Test(
    "a slip is told with its place and what was meant",
    arguments: [
      (
        head + "    kind: counter\n    event: feedback.givn\n",
        "m.yaml:6:12: unknown type of event \"feedback.givn\"\n  did you mean \"feedback.given\"?"
      ),
      (
        head + "    kind: gauge\n    event: feedback.given\n    value: ratng\n",
        "m.yaml:7:12: unknown field \"ratng\"\n  did you mean \"rating\"?"
      ),
      (
        head + "    kind: counter\n    event: feedback.given\n    when: feedback_type = thums_up\n",
        "m.yaml:7:11: feedback_type is never \"thums_up\""
      ),
      (
        head + "    kind: counter\n    event: feedback.given\n    value: text\n",
        "m.yaml:7:12: the field \"text\" is no number"
      ),
      (
        head + "    kind: histogram\n    event: feedback.given\n",
        "m.yaml:2:5: a histogram without \"buckets\""
      ),
      (
        head + "    kind: counter\n    event: agent.configured\n",
        "m.yaml:6:12: events of type \"agent.configured\" are counted by no processor"
      ),
      (
        head + "    kind: countr\n    event: feedback.given\n", "m.yaml:5:11: unknown value \"countr\""
      ),
      (
        head + "    kind: counter\n    event: feedback.given\n    pane: 20s\n",
        "m.yaml:7:11: a pane of 20s"
      ),
    ])
  func slip(text: String, told: String) {
    let said = slips(text)
    #expect(said.hasPrefix(told), "\(said)")
  }
}

private let shippedNames = """
  agent_feedback_total agent_feedback_rating agent_feedback_collection_rate learning_examples_pending
  learning_examples_approved learning_examples_rejected learning_examples_quality_score rq_queue_length
  rq_jobs_total rq_job_duration_seconds rq_workers_total learning_api_requests_total
  learning_api_request_duration_seconds learning_api_request_size_bytes learning_api_response_size_bytes
  training_runs_total training_run_duration_seconds training_run_improvement_percentage ab_tests_active
  ab_test_statistical_significance learning_accuracy_improvement learning_accuracy_baseline
  learning_accuracy_improvement_per_session pattern_application_success_total
  pattern_application_success_rate learning_velocity_score learning_operation_duration_seconds
  voice_feedback_quality_score learning_response_time learning_operations_total learning_errors_total
  learning_requests_total learning_memory_usage learning_database_connections_active learning_feature_usage
  patterns_discovered pattern_quality_score user_satisfaction_score feedback_quality_score
  """.split(whereSeparator: \.isWhitespace).map(String.init)
