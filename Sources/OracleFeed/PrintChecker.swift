import Hashing
import Signing

/// What the feed takes.
public struct FeedRules: Sendable {
  /// Identifier of this venue: prints signed for another are dropped.
  public var venueID: UInt64
  /// How old a print may be when it arrives, nanoseconds.
  public var ageMax: UInt64 = 60_000_000_000
  /// How far ahead of this machine's clock a source's may be, nanoseconds.
  public var leadMax: UInt64 = 5_000_000_000
  /// Address of each source, `[source]`; a zero address is no source.
  public var sources: [SignerAddress]

  public init(venueID: UInt64, sources: [SignerAddress]) {
    precondition(sources.count <= OraclePrint.sourceCount)
    self.venueID = venueID
    self.sources = sources
  }
}

/// Looks at prints before they come near the venue: form, venue, source, values, rising number,
/// time, signature.
///
/// Cheap checks first; a signature (about 50 µs) is looked at only when all else holds, and a
/// number counts as seen only when its signature held. The venue checks number, time and values
/// again, by its own clock: this keeps noise out of the journal.
///
/// Not thread-safe: belongs to the feed's thread. Allocates in `init` alone.
public struct PrintChecker: ~Copyable, Sendable {
  public let rules: FeedRules
  /// Last number by underlying and source, plus 1; 0 = none yet.
  private var seen = InlineArray<128, UInt64>(repeating: 0)

  public init(_ rules: FeedRules) { self.rules = rules }

  /// A datagram that arrived at `now`, nanoseconds since the Unix epoch: the print, with its
  /// signature, or why not.
  public mutating func check(
    _ bytes: borrowing Span<UInt8>, at now: UInt64
  ) throws(PrintFault) -> (print: OraclePrint, signature: RecoverableSignature) {
    guard let read = OraclePrint.read(bytes) else { throw .form }
    let print = read.print
    guard print.venueID == rules.venueID else { throw .venue }
    guard Int(print.underlying) < OraclePrint.underlyingCount,
      Int(print.source) < rules.sources.count, !rules.sources[Int(print.source)].isZero
    else { throw .unknownSource }
    guard print.price > 0, print.confidence <= OraclePrint.confidenceMax else { throw .value }
    let place = Int(print.underlying) * 16 + Int(print.source)
    guard UInt64(print.number) >= seen[place] else { throw .number }
    guard print.time >= now || now - print.time <= rules.ageMax else { throw .stale }
    guard print.time <= now || print.time - now <= rules.leadMax else { throw .early }
    let signer: SignerAddress
    do { signer = try read.signature.signer(of: print.digest) } catch { throw .signature }
    guard signer == rules.sources[Int(print.source)] else { throw .forged }
    seen[place] = UInt64(print.number) + 1
    return read
  }
}
