// An honest broker for what the mock cluster cannot show: the embedded one, in memory, one for all tests of
// the process; or the one that RATCHET_TEST_BOOTSTRAP names, on which the tests' topics stay.
import Basics
import BrokerCore
import BrokerServer
import Kafka
import POSIX
import Synchronization

enum TestBroker {
  /// The broker's address.
  static func bootstrap() throws -> String {
    if let named = environmentVariable("RATCHET_TEST_BOOTSTRAP") { return named }
    return try embedded.get().endpoint.description
  }

  private static let embedded = Result {
    var settings = EmbeddedBrokerSettings(disk: MemoryDisk(), broker: BrokerSettings(seed: salt))
    settings.server.listen.port = 0
    return try EmbeddedBroker.start(
      settings, log: Logger(service: "broker", version: "test", minimumLevel: .error))
  }

  /// Settings of a client of it.
  static func client(_ more: [String: String] = [:]) throws -> ClientConfiguration {
    ClientConfiguration(["bootstrap.servers": try bootstrap()]).setting(more)
  }

  private static let salt = UInt64.random(in: .min ... .max)
  private static let count = Atomic(0)

  /// A name that no other test and no earlier run has used.
  static func unusedName(_ stem: String) -> String {
    "\(stem)-\(String(salt, radix: 36))-\(count.add(1, ordering: .relaxed).newValue)"
  }
}
