// DescribeConfigs and AlterConfigs. A topic's settings can be changed; the broker's can be read.
import Basics
import BrokerProtocol

extension Broker {
  func describeConfigs(_ request: DescribeConfigsRequest, _ caller: Caller) -> DescribeConfigsResponse {
    DescribeConfigsResponse(
      results: request.resources.map { asked in
        do throws(Refusal) {
          let mayRead = asked.resource.kind != .topic || caller.principal.maySee(asked.resource.name)
          guard mayRead else { throw Refusal(.topicAuthorizationFailed) }
          var configs = try configs(of: asked.resource)
          if let names = asked.names { configs = configs.filter { names.contains($0.name) } }
          if !request.includeDocumentation {
            for index in configs.indices { configs[index].documentation = nil }
          }
          return .init(error: .none, resource: asked.resource, configs: configs)
        } catch { return .init(error: error.code, errorMessage: error.message, resource: asked.resource) }
      })
  }

  private func configs(of resource: ConfigResource) throws(Refusal) -> [DescribeConfigsResponse.Config] {
    switch resource.kind {
    case .topic:
      let topic = try topic(of: resource)
      return TopicSetting.all.map { setting in
        let value = topic.overrides.first { $0.name == setting.name }?.value
        return .init(
          name: setting.name, value: value ?? setting.standard, source: value == nil ? .standard : .topic,
          type: setting.type, documentation: setting.documentation)
      }
    case .broker:
      guard resource.name == String(settings.nodeID) else {
        throw Refusal(.invalidRequest, "this is broker \(settings.nodeID)")
      }
      return brokerConfigs
    default: throw Refusal(.invalidRequest, "only topics and the broker have settings")
    }
  }

  private var brokerConfigs: [DescribeConfigsResponse.Config] {
    let values: [(String, String, DescribeConfigsResponse.ConfigType)] = [
      ("auto.create.topics.enable", String(settings.createsTopics), .boolean),
      ("group.initial.rebalance.delay.ms", "0", .int32),
      ("num.partitions", String(settings.partitionsStandard), .int32),
      ("offsets.retention.minutes", String(settings.offsetsRetention.milliseconds / 60_000), .int32),
      ("transaction.max.timeout.ms", String(settings.transactionTimeout_max.milliseconds), .int32),
      (
        "transactional.id.expiration.ms", String(settings.transactionalIDRetention.milliseconds), .int32
      ),
    ]
    return values.map { name, value, type in
      .init(name: name, value: value, isReadOnly: true, source: .brokerCommandLine, type: type)
    }
  }

  private func topic(of resource: ConfigResource) throws(Refusal) -> Topic {
    guard let topic = state.topics[resource.name] else { throw Refusal(.unknownTopicOrPartition) }
    return topic
  }

  func alterConfigs(_ request: AlterConfigsRequest, _ caller: Caller, now: Timestamp) -> AlterConfigsResponse
  {
    AlterConfigsResponse(
      results: request.resources.map { asked in
        do throws(Refusal) {
          guard caller.principal.mayWrite(asked.resource.name) else {
            throw Refusal(.topicAuthorizationFailed)
          }
          try alter(asked, onlyValidate: request.validateOnly, now: now)
          return .init(error: .none, resource: asked.resource)
        } catch { return .init(error: error.code, errorMessage: error.message, resource: asked.resource) }
      })
  }

  private func alter(_ asked: AlterConfigsRequest.Resource, onlyValidate: Bool, now: Timestamp)
    throws(Refusal)
  {
    try replaceConfigs(
      of: alterable(asked.resource), by: asked.configs, onlyValidate: onlyValidate, now: now)
  }

  private func alterable(_ resource: ConfigResource) throws(Refusal) -> Topic {
    guard resource.kind == .topic else {
      throw Refusal(.invalidRequest, "the broker's settings are given when it is started")
    }
    return try topic(of: resource)
  }

  private func replaceConfigs(
    of topic: Topic, by configs: [ConfigValue], onlyValidate: Bool, now: Timestamp
  ) throws(Refusal) {
    try check(configs)
    guard !onlyValidate else { return }
    let altered = Topic(name: topic.name, id: topic.id, logs: topic.logs, overrides: configs)
    write([.topic(altered)], now: now)
    configureLogs(of: altered)
  }
}

extension Broker {
  func alterSome(
    _ request: IncrementalAlterConfigsRequest, _ caller: Caller, now: Timestamp
  ) -> AlterConfigsResponse {
    AlterConfigsResponse(
      results: request.resources.map { asked in
        do throws(Refusal) {
          guard caller.principal.mayWrite(asked.resource.name) else {
            throw Refusal(.topicAuthorizationFailed)
          }
          let topic = try alterable(asked.resource)
          let configs = try changed(topic.overrides, by: asked.changes)
          try replaceConfigs(of: topic, by: configs, onlyValidate: request.validateOnly, now: now)
          return .init(error: .none, resource: asked.resource)
        } catch { return .init(error: error.code, errorMessage: error.message, resource: asked.resource) }
      })
  }

  private func changed(_ configs: [ConfigValue], by changes: [IncrementalAlterConfigsRequest.Change])
    throws(Refusal) -> [ConfigValue]
  {
    if let twice = changes.first(where: { change in changes.count { $0.name == change.name } > 1 }) {
      throw Refusal(.invalidRequest, "the request changes \(twice.name) more than once")
    }
    var configs = configs
    for change in changes {
      let before = configs.first { $0.name == change.name }?.value
      let value = try value(of: change, before: before)
      configs.removeAll { $0.name == change.name }
      if let value { configs.append(ConfigValue(name: change.name, value: value)) }
    }
    return configs
  }

  /// What the setting becomes; nil: its default again.
  private func value(of change: IncrementalAlterConfigsRequest.Change, before: String?) throws(Refusal)
    -> String?
  {
    if change.operation == .delete {
      // Only so is a misspelt name noticed.
      try check([ConfigValue(name: change.name, value: nil)])
      return nil
    }
    guard let value = change.value else { throw Refusal(.invalidRequest, "no value for \(change.name)") }
    guard change.operation != .set else { return value }
    guard let setting = TopicSetting.named(change.name), setting.type == .list else {
      throw Refusal(.invalidConfig, "\(change.name) is no list, which alone can be added to or taken from")
    }
    let named = value.split(separator: ",")
    let kept = (before ?? setting.standard).split(separator: ",").filter { !named.contains($0) }
    return (change.operation == .append ? kept + named : kept).joined(separator: ",")
  }
}
