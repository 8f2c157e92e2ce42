// By what an event that comes twice is known: its source and id (CloudEvents 1.0: unique together).
internal import Basics
public import Events

extension Envelope {
  /// A hash of source and id. It tells apart the events of one execution, a few of them; whoever could make
  /// two of these equal could as well send the one event instead of the other.
  public var identity: UInt64 {
    if !source.isEscaped, !id.isEscaped {
      return XXH64.hash(id.rawBytes, seed: XXH64.hash(source.rawBytes))
    }
    var (sourceBytes, idBytes): ([UInt8], [UInt8]) = ([], [])
    source.append(to: &sourceBytes)
    id.append(to: &idBytes)
    return unsafe XXH64.hash(idBytes.span.bytes, seed: XXH64.hash(sourceBytes.span.bytes))
  }
}
