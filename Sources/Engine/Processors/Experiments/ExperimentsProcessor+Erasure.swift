// Erasure in experiments (R14.8): what is kept of a person goes, what is set aside about them too, and what
// comes late about them is not taken in again. What they contributed is part of sums that name nobody.
internal import Basics
internal import Events
internal import Experiments
internal import Learning
internal import Runtime

extension ExperimentsProcessor {
  mutating func forget(_ erasure: Erasure, in context: inout FoldContext) {
    forgotten.forget(erasure, at: EventTime(milliseconds: context.time.rawValue), in: &context)
    erase(erasure)
  }

  /// Whether an outcome is of somebody who is forgotten, and of a time that the erasure covers.
  mutating func isForgotten(_ outcome: ExperimentOutcome) -> Bool {
    forgotten.covers(outcome.subjects, at: outcome.time)
  }

  /// Notes whom a record is about that is being set aside.
  func noteAside(_ place: EventPosition, of outcome: ExperimentOutcome) {
    forgotten.note(
      place.partition, place.offset,
      AsideSubjects(organization: outcome.organization, keys: outcome.subjects))
  }

  private mutating func erase(_ erasure: Erasure) {
    let prefix = entityKey(organization: erasure.organization, id: "")
    var unitKeys: [String] = []
    let erased = [
      erasure.user.map { ExperimentOutcome.unit(user: $0, execution: "") },
      erasure.execution.map { ExperimentOutcome.unit(user: nil, execution: $0) },
    ].compactMap(\.self)
    held.forget(erasure)
    units.forEachInOrder { key, _ in
      if erased.contains(where: { key.hasSuffix("/\($0)") }) { unitKeys.append(key) }
    }
    var experiments: [String] = []
    tallies.forEachInOrder { key, _ in
      if key.hasPrefix(prefix) { experiments.append(key) }
    }
    for key in experiments {
      for unit in erased where unitKeys.contains(Self.unitKey(key, unit)) {
        units[Self.unitKey(key, unit)] = nil
      }
      let isNamed = tallies.read(key) { $0?.names(erasure) ?? false }
      guard isNamed else { continue }
      tallies.update(key) { $0?.forget(erasure) }
      touched.insert(key)
    }
  }
}

extension ExperimentOutcome {
  /// Whom it is about, by the keys that erasures name.
  fileprivate var subjects: [ScopedKey] {
    Erasure(organization: organization, user: user, session: session, execution: execution).keys
  }
}
