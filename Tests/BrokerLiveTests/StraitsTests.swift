// A broker where it cannot work: no room, no right to write, no folder of its own, no port. It says so, ends
// with a failure, and what it had acknowledged is there once it can work again.
import Foundation
import Testing

extension Live {
  @Suite struct StraitsTests {
    private let straits = Script("straits")

    @Test(
      "a full disk stops the broker and loses nothing", .enabled(if: getuid() == 0, "only root may mount"))
    func fullDisk() async throws {
      let broker = try LiveBroker()
      try FileManager.default.createDirectory(atPath: broker.data, withIntermediateDirectories: true)
      try await run("/bin/mount", "-t", "tmpfs", "-o", "size=24m", "none", broker.data)
      let outcome = await Result {
        try await stopsWhenFull(broker, saying: "no space left on the device") {
          try await run("/bin/mount", "-o", "remount,size=256m", broker.data)
        }
      }
      await broker.kill()
      try await run("/bin/umount", broker.data)
      try outcome.get()
    }

    @Test("a limit on file sizes stops the broker and loses nothing")
    func fileLimit() async throws {
      let broker = try LiveBroker()
      // In units of 512 bytes; the signal that would end the process is ignored, so that the write fails.
      broker.wrapper = ["/bin/sh", "-c", "trap '' XFSZ; ulimit -f 32768; exec \"$0\" \"$@\""]
      try await stopsWhenFull(broker, saying: "File too large") { broker.wrapper = [] }
      #expect(await broker.stop() == 0)
    }

    private func stopsWhenFull(
      _ broker: LiveBroker, saying reason: String, makeRoom: () async throws -> Void
    ) async throws {
      let account = broker.folder.path + "/account"
      try await broker.start()
      try await straits.run("fill", [account], on: broker)
      #expect(await broker.ended() == 1)
      #expect(broker.log.contains(reason), "\(broker.log)")
      try await makeRoom()
      try await broker.start()
      try await straits.run("holds", [account], on: broker)
    }

    @Test("a read-only folder is refused", .enabled(if: getuid() == 0, "only root may mount"))
    func readOnly() async throws {
      let broker = try LiveBroker()
      try FileManager.default.createDirectory(atPath: broker.data, withIntermediateDirectories: true)
      // Root may write where the mode forbids it, so the folder is mounted read-only, for this process alone.
      let mount = "mount --bind \(broker.data) \(broker.data) && mount -o remount,ro,bind \(broker.data)"
      broker.wrapper = ["/usr/bin/unshare", "-m", "/bin/sh", "-c", "\(mount) && exec \"$0\" \"$@\""]
      #expect(try await broker.startInVain() == 1)
      #expect(
        broker.log.contains("read-only for this user") && broker.log.contains(broker.data), "\(broker.log)")
    }

    @Test("a file in place of the folder is refused")
    func noFolder() async throws {
      let broker = try LiveBroker()
      #expect(FileManager.default.createFile(atPath: broker.data, contents: Data("mine".utf8)))
      #expect(try await broker.startInVain() == 1)
      #expect(broker.log.contains(broker.data), "\(broker.log)")
      #expect(FileManager.default.contents(atPath: broker.data) == Data("mine".utf8))
    }

    @Test("a second broker on the same folder is refused, and the first goes on")
    func secondProcess() async throws {
      try await withBroker { broker in
        let second = try LiveBroker(sharing: broker)
        #expect(try await second.startInVain() == 1)
        #expect(second.log.contains(broker.data), "\(second.log)")
        try await straits.run("works", on: broker)
      }
    }

    @Test("a port in use is refused, and whoever has it goes on")
    func portInUse() async throws {
      try await withBroker { broker in
        let second = try LiveBroker()
        second.port = broker.port
        #expect(try await second.startInVain() == 1)
        #expect(second.log.contains(broker.bootstrap), "\(second.log)")
        try await straits.run("works", on: broker)
      }
    }
  }
}

/// Runs a system's tool, which must succeed.
private func run(_ command: String...) async throws {
  let output = try TemporaryFolder()
  let status = try await RunningProcess(command, output: output.path + "/out").ended()
  try #require(status == 0, "\(command.joined(separator: " "))")
}

extension Result where Failure == any Error {
  fileprivate init(_ body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}
