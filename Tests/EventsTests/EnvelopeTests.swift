// The envelope in both modes of CloudEvents over Kafka, and every way in which it can be wrong.
import Basics
import Testing

@testable import Events

private let headers = [
  ("ce_specversion", "1.0"), ("ce_id", "7"), ("ce_source", "/app"), ("ce_type", "t"),
  ("ce_time", "2026-01-31T09:00:00.123Z"), ("ce_organization", "acme"), ("ce_agent", "triage"),
  ("content-type", "application/json"),
]

private let structured =
  #"{"specversion":"1.0","id":"7","source":"/app","type":"t","time":"2026-01-31T10:00:00.123+01:00","#
  + #""organization":"acme","agent":"tri\u0061ge","data":{"a":1},"other":[1]}"#

private func told(_ record: borrowing TestRecord) throws(Violation) -> [String] {
  let envelope = try Envelope(record)
  return [
    envelope.id.string, envelope.source.string, envelope.type.string, envelope.time.description,
    envelope.organization.string, envelope.agent?.string ?? "-", envelope.subject?.string ?? "-",
    unsafe envelope.data.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) },
  ]
}

/// The violation of a record, nil when it has none.
private func violation(_ headers: [(String, String)], _ value: String?) -> Violation? {
  do throws(Violation) {
    _ = try RecordBytes(headers: headers, value: value).lend(told)
    return nil
  } catch {
    return error
  }
}

@Suite("The envelope") struct EnvelopeTests {
  @Test("both modes give the same event, whatever the case of the content type")
  func bothModes() throws {
    let expected = ["7", "/app", "t", "2026-01-31T09:00:00.123Z", "acme", "triage", "-", #"{"a":1}"#]
    #expect(try RecordBytes(headers: headers, value: #"{"a":1}"#).lend(told) == expected)
    for type in [
      "application/cloudevents+json", "Application/CloudEvents+JSON; charset=UTF-8",
      "application/cloudevents", "application/cloudevents ;a=b",
    ] {
      let record = RecordBytes(headers: [("content-type", type)], value: structured)
      #expect(try record.lend(told) == expected, "\(type)")
    }
  }

  @Test(
    "JSON of any media type is data in binary mode, also of none",
    arguments: [nil, "application/json", "APPLICATION/JSON;charset=utf-8", "application/x+json", "text/json"])
  func mediaTypes(type: String?) {
    let others = headers.dropLast() + (type.map { [("content-type", $0)] } ?? [])
    #expect(violation(Array(others), "{}") == nil)
  }

  @Test(
    "another media type is refused",
    arguments: [
      ("text/plain", "/datacontenttype"), ("application/avro", "/datacontenttype"), ("", "/datacontenttype"),
      ("json", "/datacontenttype"), ("application/cloudevents+avro", ""),
      ("application/cloudevents-batch+json", ""),
    ])
  func otherMediaTypes(type: String, pointer: String) {
    let found = violation(headers.dropLast() + [("content-type", type)], "{}")
    #expect(found?.reason == .undecodable && found?.pointer == pointer)
  }

  @Test("each attribute that must be there is missed, in both modes", arguments: 0..<6)
  func missing(index: Int) throws {
    let name = String(headers[index].0.dropFirst(3))
    let found = violation(headers.filter { $0.0 != headers[index].0 }, "{}")
    #expect(found?.pointer == "/" + name)
    #expect(found?.reason == (name == "specversion" ? .undecodable : .invalid))
    for replacement in ["\"other\":", "\"x\":null,\"\(name)x\":"] {
      let text = structured.replacing("\"\(name)\":", with: replacement)
      let found = violation([("content-type", "application/cloudevents+json")], text)
      #expect(found?.pointer == "/" + name, "\(text)")
    }
  }

  @Test("a record without a value or without data is no event")
  func noData() {
    #expect(violation(headers, nil)?.pointer == "/data")
    let type = [("content-type", "application/cloudevents+json")]
    #expect(violation(type, nil)?.pointer == "/data")
    #expect(violation(type, structured.replacing("\"data\":", with: "\"date\":"))?.pointer == "/data")
  }

  @Test("attributes that are empty, too long or not UTF-8 are refused, 256 characters are not")
  func lengths() {
    func with(_ value: [UInt8]) -> Violation? {
      let bytes = headers.map { ($0, $0 == "ce_agent" ? value : Array($1.utf8)) }
      do throws(Violation) {
        _ = try RecordBytes(headers: bytes, value: Array("{}".utf8)).lend(told)
        return nil
      } catch { return error }
    }
    #expect(with([])?.pointer == "/agent")
    #expect(with(Array(String(repeating: "é", count: 256).utf8)) == nil)
    #expect(with(Array(String(repeating: "é", count: 257).utf8))?.pointer == "/agent")
    #expect(with([0xFF]) == Violation(.undecodable, at: "/agent", "is not UTF-8"))
  }

  @Test("what is wrong in structured mode is told by its pointer")
  func structuredFaults() {
    func found(_ text: String) -> Violation? {
      violation([("content-type", "application/cloudevents+json")], text)
    }
    #expect(found("[]")?.rule == "must be an object")
    #expect(found(structured + "x")?.reason == .undecodable)
    #expect(found(structured.replacing("\"7\"", with: "7"))?.pointer == "/id")
    #expect(
      found(structured.replacing("\"other\"", with: "\"id\":\"8\",\"o\""))?.rule == "must not occur twice")
    #expect(found(structured.replacing("[1]", with: "[1,]"))?.pointer.hasPrefix("/other") == true)
    #expect(found(structured.replacing("other", with: "data_base64"))?.pointer == "/data_base64")
    #expect(found(structured.replacing("\"1.0\"", with: "\"0.3\""))?.pointer == "/specversion")
  }

  @Test(
    "a time of RFC 3339 is read to the millisecond",
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("1970-01-01t00:00:00.9999z", 999), ("1969-12-31T23:59:59.001Z", -999),
      ("2000-02-29T12:00:00+05:30", 951_805_800_000), ("2026-11-21T02:32:46.5-03:00", 1_795_239_166_500),
      ("2016-12-31T23:59:60Z", 1_483_228_800_000), ("2017-01-01T00:59:60.5+01:00", 1_483_228_800_000),
      ("0001-01-01T00:00:00Z", -62_135_596_800_000), ("9999-12-31T23:59:59Z", 253_402_300_799_000),
    ])
  func times(text: String, milliseconds: Int64) {
    let bytes = Array(text.utf8)
    #expect(EventTime(rfc3339: unsafe bytes.span.bytes)?.rawValue == milliseconds)
  }

  @Test(
    "what is no time of RFC 3339 is none",
    arguments: [
      "", "2026-01-31", "2026-01-31T09:00:00", "2026-01-31 09:00:00Z", "2026-02-29T09:00:00Z",
      "2026-13-01T09:00:00Z", "2026-00-01T09:00:00Z", "2026-01-00T09:00:00Z", "2026-01-31T24:00:00Z",
      "2026-01-31T09:60:00Z", "2026-01-31T09:00:61Z", "2026-01-31T09:00:60Z", "2026-01-31T09:00:00.Z",
      "2026-01-31T09:00:00+1:00", "2026-01-31T09:00:00+24:00", "2026-01-31T09:00:00Zx",
      "0000-01-01T00:00:00Z",
      "1900-02-29T00:00:00Z", "-026-01-31T09:00:00Z",
    ])
  func notTimes(text: String) {
    let bytes = Array(text.utf8)
    #expect(EventTime(rfc3339: unsafe bytes.span.bytes) == nil)
    #expect(violation(headers.map { ($0, $0 == "ce_time" ? text : $1) }, "{}")?.pointer == "/time")
  }
}
