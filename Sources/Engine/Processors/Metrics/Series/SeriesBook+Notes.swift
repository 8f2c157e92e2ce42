// What the processor remembers beside its series: how far instants have come, when something was last heard,
// and which jobs have sent heartbeats.
internal import Basics
internal import Events
internal import Metrics
internal import Runtime

extension SeriesBook {
  /// The last instant that was evaluated: all panes that end by then have closed. nil before the first.
  var lastInstant: Int64? { notes["closed"]?.number }
  var closed: Int64 { lastInstant ?? -1 << 52 }

  func closeInstant(_ time: Int64) {
    if lastInstant == nil { notes["begin"] = BookNote(time) }
    notes["closed"] = BookNote(time)
  }

  /// When the instants' timer is due.
  var timerDue: Int64? {
    get { notes["due"]?.number }
    set { notes["due"] = newValue.map { BookNote($0) } }
  }

  // MARK: - Jobs

  private static func beat(_ organization: String, _ job: String) -> String {
    "beat/\(organization)\u{0}\(job)"
  }
  /// Jobs that nobody declared are known for so long after their last heartbeat.
  private static let jobMemory_ms: Int64 = 86_400_000
  private static let jobsMax = 1000

  /// A job is alive.
  func hear(_ job: String, of organization: String, at time: Int64) {
    let name = Self.beat(organization, job)
    if notes[name] == nil {
      var jobs = heardJobs(of: organization)
      guard jobs.count < Self.jobsMax else { return }
      jobs.append(job)
      setHeardJobs(jobs, of: organization)
    }
    notes[name] = BookNote(max(notes[name]?.number ?? .min, time))
  }

  private func heardJobs(of organization: String) -> [String] {
    notes["jobs/\(organization)"]?.text.split(separator: "\u{0}").map(String.init) ?? []
  }

  private func setHeardJobs(_ jobs: [String], of organization: String) {
    let sorted = jobs.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    notes["jobs/\(organization)"] =
      sorted.isEmpty ? nil : BookNote(0, sorted.joined(separator: "\u{0}"))
  }

  /// `up{job}` at an instant: 1 for a job that was heard within its silence, 0 for one that was not. An
  /// expected job that has never been heard counts as silent since the first instant.
  func setJobs(of tenant: String, isExpecting: Bool, at time: Int64) {
    var silences: [String: Int64] = [:]
    for job in heardJobs(of: tenant) { silences[job] = ExpectedJob.silenceUnlessSaid_ms }
    if isExpecting {
      for job in declarations.jobs { silences[job.job] = job.silence.milliseconds }
    }
    let expected = isExpecting ? Set(declarations.jobs.map(\.job)) : []
    let begin = notes["begin"]?.number ?? time
    for (job, silence) in silences.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      let heard = notes[Self.beat(tenant, job)]?.number
      if !expected.contains(job), let heard, heard + Self.jobMemory_ms <= time {
        notes[Self.beat(tenant, job)] = nil
        setHeardJobs(heardJobs(of: tenant).filter { $0 != job }, of: tenant)
        setUp(job, nil, in: tenant, at: time)
        continue
      }
      let isUp = heard.map { time - $0 <= silence }
      // Before the first silence has passed nobody knows.
      guard let value = isUp ?? (time - begin > silence ? false : nil) else { continue }
      setUp(job, value ? 1 : 0, in: tenant, at: time)
    }
  }

  private func setUp(_ job: String, _ value: Double?, in tenant: String, at time: Int64) {
    var labels = [Label("job", job)]
    if tenant == Self.platform { labels.append(Label(Self.organizationLabel, Self.platform)) }
    let identity = SeriesIdentity(tenant: tenant, name: "up", organization: "", labels: Labels(labels))
    record(value, of: number(of: identity, metric: "up", kind: .own, seriesMax: .max), at: time)
  }

  // MARK: - Position

  /// The last record that was folded: input and offset, and the recorded time of it.
  func keepPosition() {
    guard let (input, offset) = position else { return }
    notes["position"] = BookNote(offset, "\(input)")
    notes["heard"] = BookNote(heardAt)
    position = nil
  }

  var lastPosition: (input: Int, offset: Int64)? {
    if let position { return position }
    guard let note = notes["position"], let input = Int(note.text) else { return nil }
    return (input, note.number)
  }

  /// The recorded time at which something was last folded.
  var lastHeard: Int64? { position == nil ? notes["heard"]?.number : heardAt }

  /// Series whose labels name the person or session go (R14.8).
  func erase(_ erasure: Erasure) {
    load()
    for number in entries.keys.sorted() {
      guard let row = entries[number]?.row,
        row.tenant == erasure.organization || row.labels[Self.organizationLabel] == erasure.organization
      else { continue }
      func named(_ label: String) -> String? { row.labels[label].isEmpty ? nil : row.labels[label] }
      if erasure.covers(user: named("user_id"), session: named("session_id")) { remove(number) }
    }
  }
}
