import Signing
import VenueTypes

/// Checks the signatures of the prints in a journal, command by command.
///
/// A print is followed by its two `signatureWords`, perhaps with other commands between. One
/// without them (an internal source's) is counted as unsigned.
public struct JournaledPrints: Sendable {
  private let venueID: UInt64
  /// Address of each source; a zero address: whoever signs, as long as it is always the same.
  private var sources: [SignerAddress]
  private var print: OraclePrint?
  private var first: Command?
  public private(set) var verifiedCount: UInt64 = 0
  public private(set) var unsignedCount: UInt64 = 0
  public private(set) var badCount: UInt64 = 0
  /// Prints whose signature a crash cut off.
  public private(set) var cutCount: UInt64 = 0
  /// Sequence number of the first print whose signature is not its source's; 0 = none.
  public private(set) var firstBad: UInt64 = 0
  private var printSequence: UInt64 = 0

  /// - Parameter sources: by source; shorter than 15 where only the first are known.
  public init(venueID: UInt64, sources: [SignerAddress]) {
    self.venueID = venueID
    let rest = max(0, OraclePrint.sourceCount - sources.count)
    self.sources = sources + Array(repeating: SignerAddress(), count: rest)
  }

  /// Who signs for each source, as given or as seen.
  public var signers: [SignerAddress] { sources }

  public mutating func take(_ sequenced: SequencedCommand) {
    let command = sequenced.command
    if command.kind == .indexPrice {
      finish()
      print = OraclePrint(command, venueID: venueID)
      printSequence = sequenced.sequence
      if print == nil { noteBad() }
    } else if command.kind == .signatureWords,
      command.instrument == UInt32(CommandKind.indexPrice.rawValue)
    {
      if command.protectionGroup == 0 {
        if print == nil { noteBad(at: sequenced.sequence) }
        first = command
      } else {
        verify(command, at: sequenced.sequence)
      }
    }
  }

  /// The journal ends: a print whose signature did not follow is unsigned.
  public mutating func finish() {
    if print != nil {
      if first == nil { unsignedCount += 1 } else { noteBad() }
    }
    print = nil
    first = nil
  }

  /// The venue was started anew here, or the journal is still being written: of the last print half
  /// a signature may be there, which proves nothing and accuses nobody.
  public mutating func noteRestart() {
    if print != nil, first != nil {
      cutCount += 1
      print = nil
      first = nil
    }
    finish()
  }

  private mutating func verify(_ second: Command, at sequence: UInt64) {
    defer {
      print = nil
      first = nil
    }
    guard let print, let first, let signature = RecoverableSignature(first, second) else {
      noteBad(at: sequence)
      return
    }
    guard let signer = try? signature.signer(of: print.digest) else {
      noteBad()
      return
    }
    let source = Int(print.source)
    if sources[source].isZero { sources[source] = signer }
    guard sources[source] == signer else {
      noteBad()
      return
    }
    verifiedCount += 1
  }

  private mutating func noteBad(at sequence: UInt64? = nil) {
    badCount += 1
    if firstBad == 0 { firstBad = sequence ?? printSequence }
  }
}
