// What reading an event needs of a record, so that the engine's records, and a test's, can be read alike.
public import Basics

/// A record of a topic, borrowed.
public protocol EventRecord: ~Escapable {
  /// nil is a tombstone.
  var value: RawSpan? { @_lifetime(copy self) get }
  var headers: RecordHeaders { @_lifetime(copy self) get }
}

/// The headers that an event is read from, found in one pass. Of headers with the same name the last counts.
struct EventHeaders: ~Escapable {
  private let headers: RecordHeaders
  private var specversionPlace = -1
  private var idPlace = -1
  private var sourcePlace = -1
  private var typePlace = -1
  private var timePlace = -1
  private var organizationPlace = -1
  private var agentPlace = -1
  private var subjectPlace = -1
  private var contentTypePlace = -1

  @_lifetime(copy headers)
  init(_ headers: borrowing RecordHeaders) {
    self.headers = RecordHeaders(headers.bytes, headers.places)
    for index in 0..<headers.count {
      let name = headers.name(index)
      switch name.byteCount {
      case 5: if name.holds("ce_id") { idPlace = index }
      case 7:
        if name.holds("ce_type") { typePlace = index }
        if name.holds("ce_time") { timePlace = index }
      case 8: if name.holds("ce_agent") { agentPlace = index }
      case 9: if name.holds("ce_source") { sourcePlace = index }
      case 10: if name.holds("ce_subject") { subjectPlace = index }
      case 12: if name.holds("content-type") { contentTypePlace = index }
      case 14: if name.holds("ce_specversion") { specversionPlace = index }
      case 15: if name.holds("ce_organization") { organizationPlace = index }
      default: break
      }
    }
  }

  @_lifetime(copy self) @inline(__always)
  private func value(_ place: Int) -> RawSpan? { place < 0 ? nil : headers.value(place) }

  var specversion: RawSpan? { @_lifetime(copy self) get { value(specversionPlace) } }
  var id: RawSpan? { @_lifetime(copy self) get { value(idPlace) } }
  var source: RawSpan? { @_lifetime(copy self) get { value(sourcePlace) } }
  var type: RawSpan? { @_lifetime(copy self) get { value(typePlace) } }
  var time: RawSpan? { @_lifetime(copy self) get { value(timePlace) } }
  var organization: RawSpan? { @_lifetime(copy self) get { value(organizationPlace) } }
  var agent: RawSpan? { @_lifetime(copy self) get { value(agentPlace) } }
  var subject: RawSpan? { @_lifetime(copy self) get { value(subjectPlace) } }
  var contentType: RawSpan? { @_lifetime(copy self) get { value(contentTypePlace) } }
}
