// The HTTP side of an instance: metrics for scrapers, health for supervisors. It sees immutable snapshots
// that workers have left, never their threads. By default it listens on this machine alone: nobody signs on
// here.
public import Basics
public import HTTP
internal import POSIX
public import Processors
public import Runtime

/// What the gateway asks for when it is asked.
public struct GatewaySources: Sendable {
  public var status: @Sendable () -> [WorkerStatus]
  public var board: MetricsBoard

  public init(status: @escaping @Sendable () -> [WorkerStatus], board: MetricsBoard) {
    self.status = status
    self.board = board
  }
}

public enum Gateway {
  /// Starts serving; a port that is taken is told as such.
  public static func start(
    host: String, port: UInt16, _ sources: GatewaySources
  ) throws(Diagnostic) -> HTTPServer {
    do throws(SystemCallError) {
      return try HTTPServer(host: host, port: port) { answer($0, sources) }
    } catch {
      throw Diagnostic(
        "cannot listen for HTTP", at: .named("\(host):\(port)"), why: error.reason,
        next: "choose another with --http HOST:PORT, or --http off")
    }
  }

  /// The answer to a request.
  public static func answer(_ request: HTTPRequest, _ sources: GatewaySources) -> HTTPResponse {
    guard request.method == "GET" || request.method == "HEAD" else {
      var response = HTTPResponse.text("only GET here\n", status: 405)
      response.headers.append(("Allow", "GET, HEAD"))
      return response
    }
    switch request.path {
    case "/metrics", "/api/metrics/learning": return metrics(request, sources, request.path == "/metrics")
    case "/healthz": return .text("ok\n")
    case "/readyz": return readiness(sources.status())
    default:
      return .text(
        "no such page; there are /metrics, /api/metrics/learning, /healthz, /readyz\n", status: 404)
    }
  }

  /// The learning loop's metrics; on /metrics those of the instance too.
  private static func metrics(
    _ request: HTTPRequest, _ sources: GatewaySources, _ withInstance: Bool
  ) -> HTTPResponse {
    let status = sources.status()
    let owned = status.flatMap(\.tasks).filter { $0.task.processor == "metrics" && $0.state == .running }
    var families = sources.board.families(of: owned.map(\.task.partition))
    if withInstance { families += instanceFamilies(status) }
    let format = ExpositionFormat(accepting: request.headers["accept"])
    return HTTPResponse(contentType: format.contentType, body: format.page(families))
  }

  /// Ready: every task of this instance runs. What does not is named.
  private static func readiness(_ workers: [WorkerStatus]) -> HTTPResponse {
    var reasons: [String] = []
    for worker in workers where worker.state != .running {
      reasons.append("worker \(worker.worker) is \(word(worker.state))")
    }
    for task in workers.flatMap(\.tasks) where task.state != .running {
      reasons.append("\(task.task) is \(word(task.state))")
    }
    guard !reasons.isEmpty else { return .text("ready\n") }
    return .text(reasons.joined(separator: "\n") + "\n", status: 503)
  }

  private static func word(_ state: TaskStatus.State) -> String {
    switch state {
    case .restoring(let records, _): "restoring, \(records) records so far"
    case .rebalancing: "between owners"
    case .running: "running"
    case .stalled(let reason): "stalled: \(reason)"
    case .fenced: "another instance's"
    }
  }

  private static func word(_ state: WorkerStatus.State) -> String {
    switch state {
    case .running: "running"
    case .stopping: "stopping"
    case .stopped: "stopped"
    case .fenced(let reason), .failed(let reason): reason
    }
  }
}
