// What scrapers read of a running installation, judged by Debian's promtool and by Prometheus itself, which
// asks for OpenMetrics.
import Basics
import Foundation
import HTTP
import POSIX
import Testing

extension Processes {
  @Suite(.serialized) struct ScrapeTests {
    private static let tools = ["/usr/bin/promtool", "/usr/bin/prometheus"]
    private static let pages = ["/metrics", "/api/metrics/learning"]
    /// As Prometheus asks.
    private static let openMetrics =
      "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"

    @Test(
      "the pages of a running installation pass promtool as text, and Prometheus reads them as OpenMetrics",
      .enabled(if: tools.allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }))
    func pages() throws {
      let world = try World(partitions: 1)
      try publishStory(world)
      let port = try freePort()
      let instance = Instance("a", world, ["--http", "127.0.0.1:\(port)"])
      try instance.start()
      // Every kind of metric: counters, gauges, means, distinct counts, populations, histograms.
      let expected = [
        "agent_feedback_total{", "agent_execution_duration_seconds_bucket{", "rq_workers_total{",
        "learning_memory_usage{",
      ]
      try waitUntil("series are shown", or: { instance.printed }) {
        Self.pages.allSatisfy { path in
          guard let text = page(path, port) else { return false }
          return expected.allSatisfy(text.contains)
        }
      }
      for path in Self.pages {
        let text = try #require(page(path, port))
        let file = "\(world.folder.path)/page.txt"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        let judge = Process()
        judge.executableURL = URL(fileURLWithPath: Self.tools[0])
        judge.arguments = ["check", "metrics"]
        let said = Pipe()
        judge.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
        (judge.standardOutput, judge.standardError) = (said, said)
        try judge.run()
        let complaints = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        judge.waitUntilExit()
        #expect(judge.terminationStatus == 0 && complaints.isEmpty, "\(path): \(complaints)")
        #expect(try #require(page(path, port, accepting: Self.openMetrics)).hasSuffix("# EOF\n"))
      }
      try scrape(port, world)
      #expect(instance.stop() == 0, "\(instance.printed)")
    }

    /// Ten minutes of history, in its topics before the first start.
    private func publishStory(_ world: World) throws {
      let place = ["--prefix", world.prefix, "--bootstrap", world.bootstrap]
      for words in [
        ["topics", "apply", "--topology", world.topology], ["simulate", "--history", "10m"],
      ] {
        let command = Running(words[0], words + place, in: world.folder.path)
        try command.start()
        let status = try eventually(words[0], or: { command.printed }) { command.ended }
        try #require(status == 0, "\(command.printed)")
      }
    }

    /// Prometheus takes both pages without an error and has what they say.
    private func scrape(_ port: UInt16, _ world: World) throws {
      let jobs = Self.pages.enumerated().map { index, path in
        "  - {job_name: page\(index), metrics_path: \(path), honor_labels: true, "
          + "static_configs: [{targets: ['127.0.0.1:\(port)']}]}\n"
      }
      let config = "\(world.folder.path)/prometheus.yml"
      try ("global: {scrape_interval: 1s}\nscrape_configs:\n" + jobs.joined())
        .write(toFile: config, atomically: true, encoding: .utf8)
      let own = try freePort()
      let log = "\(world.folder.path)/prometheus.log"
      let prometheus = try ChildProcess(
        Self.tools[1],
        [
          "--config.file=\(config)", "--storage.tsdb.path=\(world.folder.path)/prometheus",
          "--web.listen-address=127.0.0.1:\(own)",
        ], output: log)
      defer { prometheus.send(.kill) }
      let targets = try eventually(
        "both pages were scraped", or: { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }
      ) {
        let text = page("/api/v1/targets?state=active", own) ?? ""
        let answer = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let targets = (answer?["data"] as? [String: Any])?["activeTargets"] as? [[String: Any]] ?? []
        let healths = targets.compactMap { $0["health"] as? String }
        return healths.count == 2 && !healths.contains("unknown") ? targets : nil
      }
      for target in targets {
        #expect(target["health"] as? String == "up", "\(target["lastError"] ?? "")")
      }
      let found = page("/api/v1/query?query=agent_execution_duration_seconds_count", own)
      #expect(found?.contains(#""organization":"#) == true, "\(found ?? "no answer")")
    }

    private func page(_ path: String, _ port: UInt16, accepting accept: String = "text/plain") -> String? {
      guard let address = HTTPAddress("http://127.0.0.1:\(port)\(path)"),
        let answer = try? HTTPClient.send(
          "GET", to: address, headers: [("Accept", accept)], timeout: .seconds(10)), answer.status == 200
      else { return nil }
      return String(decoding: answer.body, as: UTF8.self)
    }

    private func freePort() throws -> UInt16 {
      let server = try HTTPServer(host: "127.0.0.1", port: 0) { _ in HTTPResponse() }
      defer { server.stop() }
      return server.port
    }
  }
}
