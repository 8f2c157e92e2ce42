// The first field in which two records of one key differ.
internal import Basics
internal import Runtime

/// A field with both its values; nil where it is missing.
struct FieldDifference {
  var key: String
  var field: String
  var published: String?
  var recomputed: String?

  init(_ key: String, _ field: String, _ published: String?, _ recomputed: String?) {
    (self.key, self.field, self.published, self.recomputed) = (key, field, published, recomputed)
  }
}

extension ShownRecord {
  var valueText: String { content.value.map(text(of:)) ?? "(deleted)" }
}

/// By the value first: as JSON where both are JSON, else by the first byte; then headers, then the time.
func fields(_ published: ShownRecord, _ own: ShownRecord) -> FieldDifference {
  let key = own.keyText
  guard published.content.value == own.content.value else { return valueDifference(published, own) }
  let names = (published.content.headers + own.content.headers).map(\.name)
  for name in names where published.header(name) != own.header(name) {
    return FieldDifference(key, "header \(name)", published.header(name), own.header(name))
  }
  return FieldDifference(
    key, "timestamp", "\(published.content.timestamp)", "\(own.content.timestamp)")
}

private func valueDifference(_ published: ShownRecord, _ own: ShownRecord) -> FieldDifference {
  let key = own.keyText
  guard let before = published.content.value, let now = own.content.value else {
    return FieldDifference(key, "value", published.valueText, own.valueText)
  }
  if let before = JSONFields(before), let now = JSONFields(now),
    let found = first(before.fields, now.fields)
  {
    return FieldDifference(key, found.path.isEmpty ? "value" : found.path, found.before, found.now)
  }
  let isText = text(of: before).hasPrefix("0x") == false && text(of: now).hasPrefix("0x") == false
  if isText { return FieldDifference(key, "value", published.valueText, own.valueText) }
  let common = zip(before, now).prefix { $0 == $1 }.count
  func shown(_ bytes: [UInt8]) -> String? {
    common < bytes.count ? hexadecimal(bytes[common...].prefix(16)) : nil
  }
  return FieldDifference(key, "byte \(common)", shown(before), shown(now))
}

private func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
  "0x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

private func first(
  _ before: [(path: String, text: String)], _ now: [(path: String, text: String)]
) -> (path: String, before: String?, now: String?)? {
  for field in now {
    let old = before.first { $0.path == field.path }?.text
    if old != field.text { return (field.path, old, field.text) }
  }
  let gone = before.first { field in !now.contains { $0.path == field.path } }
  return gone.map { ($0.path, $0.text, nil) }
}

/// The first field of the store's values that differs; nil when the store cannot say.
func described(
  _ store: (any DescribingStore)?, _ published: ShownRecord, _ own: ShownRecord
) -> FieldDifference? {
  guard let store, let before = store.changes(published), let now = store.changes(own) else { return nil }
  for change in now {
    let twin = before.first { $0.key == change.key }
    if twin == change { continue }
    guard let twin else { return FieldDifference(change.key, "change", nil, change.text) }
    guard let old = twin.fields, let new = change.fields else {
      return FieldDifference(change.key, "value", twin.text, change.text)
    }
    for field in new {
      let value = old.first { $0.name == field.name }?.value
      if value != field.value { return FieldDifference(change.key, field.name, value, field.value) }
    }
  }
  let gone = before.first { change in !now.contains { $0.key == change.key } }
  return gone.map { FieldDifference($0.key, "change", $0.text, nil) }
}

extension DescribingStore {
  fileprivate func changes(_ record: ShownRecord) -> [DescribedChange]? {
    let (key, value) = (record.content.key ?? [], record.content.value)
    guard let value else { return describe(key: unsafe key.span.bytes, value: nil) }
    return describe(key: unsafe key.span.bytes, value: unsafe value.span.bytes)
  }
}

extension DescribedChange {
  fileprivate var text: String {
    fields.map { $0.map { "\($0.name)=\($0.value)" }.joined(separator: " ") } ?? "(deleted)"
  }
}
