// What has to be done so that a broker has the topics declared: a pure comparison. Nothing is ever deleted, a
// partition count is never changed, and settings that the declarations do not mention stay as they are.
public import Basics

/// A topic as a broker has it.
public struct TopicState: Hashable, Sendable {
  public var name: String
  public var partitions: Int
  /// What is set on the topic itself; replaced as a whole by Kafka's AlterConfigs.
  public var own: [String: String]
  /// What holds where nothing is set on the topic itself.
  public var inherited: [String: String]

  public init(name: String, partitions: Int, own: [String: String], inherited: [String: String]) {
    self.name = name
    self.partitions = partitions
    self.own = own
    self.inherited = inherited
  }
}

public struct TopicPlan: Sendable {
  public struct Creation: Hashable, Sendable {
    public var name: String
    public var declaration: TopicDeclaration
  }

  public struct Change: Hashable, Sendable {
    public struct Setting: Hashable, Sendable {
      public var name: String
      public var from: String?
      public var to: String
    }

    public var name: String
    /// What differs, by name.
    public var differences: [Setting]
    /// All settings the topic has to have afterwards, those of others included.
    public var settings: [String: String]
  }

  public struct Refusal: Hashable, Sendable {
    public var name: String
    public var diagnostic: Diagnostic
  }

  public var prefix: String
  public var creations: [Creation] = []
  public var changes: [Change] = []
  public var refusals: [Refusal] = []
  /// Topics that are as declared.
  public var unchanged: [String] = []
  /// Topics below the prefix that are not declared; they are left alone.
  public var undeclared: [String] = []

  /// Whether there is nothing to do, and nothing refused.
  public var isDone: Bool { creations.isEmpty && changes.isEmpty && refusals.isEmpty }
}

extension TopicPlan {
  /// Compares; the order is the declarations', and of what is undeclared the names'.
  public init(_ declarations: [TopicDeclaration], prefix: String, broker states: [TopicState]) {
    self.prefix = prefix
    let present = Dictionary(states.map { ($0.name, $0) }) { first, _ in first }
    for declaration in declarations {
      let name = declaration.fullName(prefix: prefix)
      if let state = present[name] {
        compare(declaration, state)
      } else {
        creations.append(Creation(name: name, declaration: declaration))
      }
    }
    let declared = Set(declarations.map { $0.fullName(prefix: prefix) })
    undeclared = present.keys.filter { $0.hasPrefix(prefix + ".") && !declared.contains($0) }.sorted()
  }

  private mutating func compare(_ declaration: TopicDeclaration, _ state: TopicState) {
    guard state.partitions == declaration.partitions else {
      return refusals.append(Refusal(name: state.name, diagnostic: refusal(declaration, state)))
    }
    let differences = declaration.settings.sorted(by: <).compactMap { name, wanted -> Change.Setting? in
      let current = state.own[name] ?? state.inherited[name]
      return current == wanted ? nil : Change.Setting(name: name, from: current, to: wanted)
    }
    if differences.isEmpty { return unchanged.append(state.name) }
    let settings = state.own.merging(declaration.settings) { _, declared in declared }
    changes.append(Change(name: state.name, differences: differences, settings: settings))
  }

  private func refusal(_ declaration: TopicDeclaration, _ state: TopicState) -> Diagnostic {
    Diagnostic(
      "\"\(state.name)\" has \(counted(state.partitions)), declared are \(declaration.partitions)",
      at: declaration.place,
      why: "with another number its keys move to other partitions, away from the state that belongs to them",
      next: "write partitions: \(state.partitions), or start anew under another prefix and replay into it")
  }
}
