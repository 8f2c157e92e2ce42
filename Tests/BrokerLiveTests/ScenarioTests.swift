// Every scenario of the Python scripts, each with a broker of its own. The scripts say what is claimed and
// how it is shown; here it is only run.
import Testing

/// One after another: two cores serve the broker and up to four clients at a time.
@Suite(.serialized) enum Live {}

extension Live {
  @Suite struct ScenarioTests {
    @Test("records keep their shape between clients", arguments: try Script("records").scenarios())
    func records(scenario: String) async throws {
      try await withBroker { try await Script("records").run(scenario, on: $0) }
    }

    @Test("transactions are all or nothing", arguments: try Script("transactions").scenarios())
    func transactions(scenario: String) async throws {
      try await withBroker { try await Script("transactions").run(scenario, on: $0) }
    }

    @Test("groups share the work", arguments: try Script("groups").scenarios())
    func groups(scenario: String) async throws {
      try await withBroker { try await Script("groups").run(scenario, on: $0) }
    }

    @Test("topics are administered", arguments: try Script("administration").scenarios())
    func administration(scenario: String) async throws {
      try await withBroker { try await Script("administration").run(scenario, on: $0) }
    }

    @Test("operators' tools are answered", arguments: try Script("operators").scenarios())
    func operators(scenario: String) async throws {
      try await withBroker { try await Script("operators").run(scenario, on: $0) }
    }

    @Test("kafka-python is served", arguments: try Script("kafkapython").scenarios())
    func kafkaPython(scenario: String) async throws {
      try await withBroker { try await Script("kafkapython").run(scenario, on: $0) }
    }

    @Test("aiokafka is served", arguments: try Script("aio").scenarios())
    func aiokafka(scenario: String) async throws {
      try await withBroker { try await Script("aio").run(scenario, on: $0) }
    }

    @Test("hostile bytes cost others nothing", arguments: try Script("hostile").scenarios())
    func hostile(scenario: String) async throws {
      try await withBroker { try await Script("hostile").run(scenario, on: $0) }
    }
  }
}
