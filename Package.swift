// swift-tools-version: 6.2
// The folder tree is the architecture: a target depends only on what the arrows in docs/architecture.md
// allow, and Tests/TidyTests fails on any import beyond them.
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableExperimentalFeature("Lifetimes"),
  .strictMemorySafety(),
]

/// A C library that Debian packages; `package` is its development package.
func library(_ name: String, pkgConfig: String, package: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/Systems/C/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

func module(_ name: String, at path: String, needs: [String] = []) -> Target {
  .target(
    name: name, dependencies: needs.map { .byName(name: $0) }, path: "Sources/\(path)",
    swiftSettings: settings)
}

func command(_ name: String, needs: [String]) -> Target {
  .executableTarget(
    name: name, dependencies: needs.map { .byName(name: $0) }, path: "Sources/Commands/\(name)",
    swiftSettings: settings)
}

/// `data` names folders beside the tests that they read in place.
func tests(_ name: String, needs: [String] = [], data: [String] = []) -> Target {
  .testTarget(
    name: name, dependencies: needs.map { .byName(name: $0) }, path: "Tests/\(name)", exclude: data,
    swiftSettings: settings)
}

let package = Package(
  name: "ratchet",
  targets: [
    // Systems/C: the only C in the house.
    library("CRdKafka", pkgConfig: "rdkafka", package: "librdkafka-dev"),
    library("CLZ4", pkgConfig: "liblz4", package: "liblz4-dev"),
    library("CRocksDB", pkgConfig: "rocksdb", package: "librocksdb-dev"),
    library("CMicroHTTPD", pkgConfig: "libmicrohttpd", package: "libmicrohttpd-dev"),
    library("CYAML", pkgConfig: "yaml-0.1", package: "libyaml-dev"),
    .systemLibrary(name: "CLinux", path: "Sources/Systems/C/CLinux"),
    .target(name: "CChecksum", path: "Sources/Systems/C/CChecksum"),
    .target(name: "CMeter", path: "Sources/Systems/C/CMeter"),
    .target(name: "CThreadShim", path: "Sources/Systems/C/CThreadShim"),

    // Basics: no domain word.
    module("Basics", at: "Basics", needs: ["CChecksum"]),

    // Systems: one safe wrapper per C library.
    module("POSIX", at: "Systems/POSIX", needs: ["Basics", "CLinux"]),
    module("Kafka", at: "Systems/Kafka", needs: ["Basics", "CRdKafka", "CThreadShim"]),
    module("Compression", at: "Systems/Compression", needs: ["Basics", "CLZ4"]),
    module("Store", at: "Systems/Store", needs: ["Basics", "CRocksDB"]),
    module("YAML", at: "Systems/YAML", needs: ["Basics", "CYAML"]),
    module("HTTP", at: "Systems/HTTP", needs: ["POSIX", "CMicroHTTPD"]),

    // Flow: pure.
    module("Events", at: "Flow/Events", needs: ["Basics"]),
    module("Experiments", at: "Flow/Experiments", needs: ["Basics", "Events"]),
    module("Metrics", at: "Flow/Metrics", needs: ["Basics", "Events"]),
    module("Alerts", at: "Flow/Alerts", needs: ["Basics", "Events", "Metrics"]),
    module("Rollouts", at: "Flow/Rollouts", needs: ["Basics", "Events", "Metrics"]),
    module("Learning", at: "Flow/Learning", needs: ["Basics", "Events"]),

    // Engine.
    module(
      "Topology", at: "Engine/Topology",
      needs: ["Alerts", "Basics", "Events", "Metrics", "Rollouts", "YAML"]),
    module(
      "Runtime", at: "Engine/Runtime", needs: ["Basics", "Compression", "Kafka", "POSIX", "Store"]),

    module("Control", at: "Engine/Control", needs: ["Basics", "Kafka", "Runtime"]),
    module("Replay", at: "Engine/Replay", needs: ["Basics", "Control", "Runtime"]),
    module(
      "Processors", at: "Engine/Processors",
      needs: [
        "Alerts", "Basics", "Control", "Events", "Experiments", "Learning", "Metrics", "Rollouts", "Runtime",
        "Topology",
      ]),

    // Gateway: HTTP.
    module(
      "Gateway", at: "Gateway", needs: ["Basics", "HTTP", "Metrics", "POSIX", "Processors", "Runtime"]),

    // Broker: the embedded one-machine broker.
    module("BrokerProtocol", at: "Broker/Protocol", needs: ["Basics"]),
    module("BrokerCore", at: "Broker/Core", needs: ["Basics", "BrokerProtocol", "Compression"]),
    module(
      "BrokerServer", at: "Broker/Server",
      needs: ["Basics", "BrokerCore", "BrokerProtocol", "POSIX"]),

    // Simulation: a disk that lies as real ones do, and lives of the broker and of the engine, for tests.
    module(
      "Simulation", at: "Simulation",
      needs: ["Basics", "BrokerCore", "BrokerProtocol", "POSIX", "Replay", "Runtime", "Store"]),

    // Commands. A story is what `ratchet simulate` and `ratchet up` publish to have something to see.
    module("Story", at: "Commands/Story", needs: ["Basics", "Learning", "Rollouts"]),
    command(
      "ratchet",
      needs: [
        "Alerts", "Basics", "BrokerCore", "BrokerServer", "Compression", "Control", "Events", "Gateway",
        "HTTP",
        "Kafka", "Metrics", "POSIX", "Processors", "Replay", "Rollouts", "Runtime", "Story", "Topology",
        "YAML",
      ]),
    command(
      "bench",
      needs: [
        "Alerts", "Basics", "BrokerCore", "BrokerServer", "Control", "Events", "Experiments", "Kafka",
        "Metrics", "POSIX",
        "Processors", "Replay", "Runtime", "Store", "Topology", "CMeter", "CRdKafka",
      ]),

    tests("BasicsTests", needs: ["Basics"]),
    tests("BrokerCoreTests", needs: ["Basics", "BrokerCore", "BrokerProtocol", "Simulation"]),
    tests("BrokerServerTests", needs: ["Basics", "BrokerCore", "BrokerProtocol", "BrokerServer", "POSIX"]),
    tests("BrokerLiveTests", needs: ["Basics", "ratchet"], data: ["Clients"]),
    tests("BrokerProtocolTests", needs: ["Basics", "BrokerProtocol"]),
    tests("YAMLTests", needs: ["Basics", "YAML"], data: ["Golden"]),
    tests(
      "GatewayTests", needs: ["Basics", "Gateway", "HTTP", "Metrics", "Processors", "Runtime"]),
    tests("HTTPTests", needs: ["HTTP", "POSIX"]),
    tests(
      "TopologyTests", needs: ["Basics", "Metrics", "Rollouts", "Topology"], data: ["Golden"]),
    tests("CompressionTests", needs: ["Basics", "Compression"]),
    tests(
      "CommandTests",
      needs: [
        "Basics", "BrokerCore", "BrokerServer", "Control", "Events", "Experiments", "HTTP", "Kafka", "POSIX",
        "Processors", "Runtime", "ratchet",
      ],
      data: ["Golden"]),
    tests(
      "RuntimeTests", needs: ["Basics", "BrokerCore", "BrokerServer", "Kafka", "POSIX", "Runtime", "Store"]),
    tests("EventsTests", needs: ["Basics", "Events", "Processors"], data: ["Judge"]),
    tests("ExperimentsTests", needs: ["Basics", "Events", "Experiments"], data: ["Judge"]),
    tests(
      "ReplayTests",
      needs: [
        "Basics", "BrokerCore", "BrokerServer", "Control", "Kafka", "POSIX", "Replay", "Runtime", "Store",
      ]),
    tests("MetricsTests", needs: ["Basics", "Events", "Metrics"]),
    tests("AlertsTests", needs: ["Basics", "Metrics", "Alerts", "POSIX", "Topology"]),
    tests(
      "RolloutsTests",
      needs: ["Basics", "Control", "Events", "Metrics", "Processors", "Rollouts", "Runtime", "Topology"]),
    tests(
      "ProcessorsTests",
      needs: [
        "Basics", "Control", "Events", "Experiments", "Learning", "Metrics", "Processors", "Runtime", "Story",
      ],
      data: ["Judge"]),
    tests("LearningTests", needs: ["Basics", "Events", "Learning"], data: ["Judge"]),
    tests(
      "ProcessTests",
      needs: ["Basics", "HTTP", "Kafka", "POSIX", "Runtime", "ratchet"]),
    tests("StoreTests", needs: ["Basics", "Store"]),
    tests("BenchTests", needs: ["bench", "ratchet"], data: ["Peers"]),
    tests("KafkaTests", needs: ["Basics", "BrokerCore", "BrokerServer", "Kafka", "CRdKafka", "POSIX"]),
    tests(
      "FuzzTests",
      needs: ["Basics", "BrokerCore", "BrokerProtocol", "BrokerServer", "Compression", "Events", "POSIX"]),
    tests("SimulationTests", needs: ["Simulation"]),
    tests("StoryTests", needs: ["Basics", "Events", "Story"]),
    tests("DeployTests", data: ["Judge"]),
    tests("TidyTests"),
  ]
)
