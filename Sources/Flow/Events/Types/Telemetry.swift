// Measurements of hosts and services (R8.4, R8.6, R8.10-R8.13), published for the organization `platform`.

/// A job is alive (R8.12). Expected jobs are declared; one that is silent is down.
public enum HeartbeatSent: Int, EventKind {
  case job, instance

  public static let type = EventType.heartbeatSent

  public static let shape = EventShape(
    Self.self, on: .telemetry,
    "A job is alive (R8.12). Expected jobs are declared; one that is silent is down.",
    isKeyedByOrganization: true)

  public var field: Field {
    switch self {
    case .job: .id("job", "the job").required
    case .instance: .id("instance", "which instance of it").required
    }
  }
}

/// What a value means.
public enum MeasurementKind: Int, Choice {
  case gauge, counter
}

/// Something has been measured: memory, processor, connections, cache hits (R8.6, R8.10, R8.11).
public enum MeasurementTaken: Int, EventKind {
  case name, value, kind, unit, job, instance, sessionID, userID, labels, deploymentID, stage

  public static let type = EventType.measurementTaken

  public static let shape = EventShape(
    Self.self, on: .telemetry,
    "Something has been measured: memory, processor, connections, cache hits (R8.6, R8.10, R8.11).",
    isKeyedByOrganization: true)

  public var field: Field {
    switch self {
    case .name: .id("name", "what was measured").required
    case .value: .number("value", "the value, in the unit that the metric declares").required
    case .kind:
      .choice(
        "kind", MeasurementKind.self,
        "gauge: the value itself; counter: what has been added since the last; gauge unless said")
    case .unit: .id("unit", "the unit, where it is not the declared one")
    case .job: .id("job", "the job it was measured in")
    case .instance: .id("instance", "which instance of it")
    case .sessionID: .id("session_id", "the session it was measured in")
    case .userID: .id("user_id", "the user it was measured for")
    case .labels: .object("labels", "further labels, values as strings")
    case .deploymentID:
      .id(
        "deployment_id",
        "the deployment whose arm was measured: learning_memory_usage in bytes, up as 1 or 0 by a probe")
    case .stage: .id("stage", "the stage of that deployment, or baseline")
    }
  }
}

/// An API has answered a request (R8.4, R8.13).
public enum RequestServed: Int, EventKind {
  case endpoint, method, status, duration_seconds, requestSize_bytes, responseSize_bytes, job

  public static let type = EventType.requestServed

  public static let shape = EventShape(
    Self.self, on: .telemetry, "An API has answered a request (R8.4, R8.13).",
    isKeyedByOrganization: true)

  public var field: Field {
    switch self {
    case .endpoint: .line("endpoint", "the route, without ids").required
    case .method: .id("method", "the method").required
    case .status: .whole("status", 100...599, "the status code").required
    case .duration_seconds: .amount("duration_seconds", "how long it took, in seconds").required
    case .requestSize_bytes: .count("request_size_bytes", "the request's body")
    case .responseSize_bytes: .count("response_size_bytes", "the response's body")
    case .job: .id("job", "the job that answered")
    }
  }
}

/// An operation of the learning system has ended (R8.6: requests, errors, duration).
public enum OperationCompleted: Int, EventKind {
  case operationType, duration_ms, success, errorType, feature, sessionID, cacheHit, deploymentID, stage

  public static let type = EventType.operationCompleted

  public static let shape = EventShape(
    Self.self, on: .telemetry,
    "An operation of the learning system has ended (R8.6: requests, errors, duration).",
    isKeyedByOrganization: true)

  public var field: Field {
    switch self {
    case .operationType: .id("operation_type", "what kind of operation it was").required
    case .duration_ms: .amount("duration_ms", "how long it took, in milliseconds").required
    case .success: .boolean("success", "whether it succeeded").required
    case .errorType: .id("error.type", "what went wrong, if it did not")
    case .feature: .id("feature", "the feature it served")
    case .sessionID: .id("session_id", "the session it was for")
    case .cacheHit: .boolean("cache_hit", "whether a cache had the answer")
    case .deploymentID: .id("deployment_id", "the deployment that was being rolled out")
    case .stage: .id("stage", "the stage of that deployment, or baseline")
    }
  }
}
