import Journaling
import OracleFeed
import Signing
import VenueTypes

/// What the signatures of the index prices in a journal are worth.
struct OracleAudit: Encodable {
  /// Prints whose signature is their source's.
  var verified: UInt64 = 0
  /// Prints without a signature: an internal source's.
  var unsigned: UInt64 = 0
  var bad: UInt64 = 0
  /// Prints whose signature a crash, or the end of a journal in use, cut off.
  var cut: UInt64 = 0
  /// Sequence number of the first bad one; 0 = none.
  var firstBad: UInt64 = 0
  /// Who signs, by source.
  var signers: [String: String] = [:]

  var holds: Bool { bad == 0 }

  var text: String {
    "index prices: \(grouped(verified)) verified, \(grouped(unsigned)) unsigned, "
      + (cut == 0 ? "" : "\(grouped(cut)) cut off, ") + "\(grouped(bad)) bad"
      + (bad == 0 ? "" : ", first at command \(firstBad)")
      + signers.sorted { $0.key < $1.key }.map { "\nsource \($0.key) is \($0.value)" }.joined()
  }

  /// `SOURCE=ADDRESS` each; a source without one may be anyone, but always the same.
  static func sources(_ texts: [String]) throws -> [SignerAddress] {
    var sources = [SignerAddress](repeating: SignerAddress(), count: OraclePrint.sourceCount)
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let source = Int(parts[0]), sources.indices.contains(source),
        let address = try? SignerAddress(text: String(parts[1]))
      else {
        throw ConfigurationError("--oracle-key \(text)", "SOURCE=ADDRESS is right, source 0 to 14")
      }
      sources[source] = address
    }
    return sources
  }

  static func audit(directory: String, sources: [SignerAddress]) throws -> OracleAudit {
    let cursor = try ReplayCursor(PosixJournalStorage(path: directory), venueID: nil)
    var next = try cursor.next()
    var prints = JournaledPrints(venueID: cursor.summary.venueID, sources: sources)
    var epochs = 0
    while let sequenced = next {
      if cursor.summary.epochs.count != epochs {
        epochs = cursor.summary.epochs.count
        prints.noteRestart()
      }
      prints.take(sequenced)
      next = try cursor.next()
    }
    prints.noteRestart()
    var audit = OracleAudit(
      verified: prints.verifiedCount, unsigned: prints.unsignedCount, bad: prints.badCount,
      cut: prints.cutCount, firstBad: prints.firstBad)
    for (source, signer) in prints.signers.enumerated() where !signer.isZero {
      audit.signers["\(source)"] = "\(signer)"
    }
    return audit
  }
}
