import ChainAccess
import Hashing

/// The calls of the court that convict a sequencer (SETTLEMENT.md, section 5, "Evidence").
enum CourtInterface {
  private static let word = ABIType.uint(256)
  private static let digest = ABIType.fixedBytes(32)
  private static let record = ABIType.tuple([digest, digest, word])

  static let heads = ABIFunction(
    name: "heads",
    inputs: [word, digest, digest, digest, digest, digest, digest, word, record])
  static let headers = ABIFunction(
    name: "headers",
    inputs: [.bytes, digest, digest, .bytes, digest, digest, record, word, record])

  /// The records of the vault that the court wants to be shown.
  struct Records: Equatable {
    /// Of the batch stored under the number that was signed twice; nil when there is none.
    var offence: VaultRecord?
    /// The batch that stays as the last, and its record.
    var number: UInt64
    var last: VaultRecord

    /// - Parameters:
    ///   - batch: the batch whose header was signed twice; nil for heads.
    ///   - records: of the vault's batches from the deployment's on; never empty.
    ///   - now: seconds since the Unix epoch.
    ///   - finality: seconds from a batch's submission to its being final.
    init(batch: UInt64?, records: [VaultRecord], now: UInt64, finality: UInt64) {
      number = UInt64(records.count - 1)
      last = records[records.count - 1]
      guard let batch, batch >= 1, batch <= number else { return }
      let stored = records[Int(batch)]
      offence = stored
      // One that is not final yet goes, with all after it.
      if stored.submitted + finality > now {
        number = batch - 1
        last = records[Int(batch) - 1]
      }
    }
  }

  /// The data of the call.
  static func call(_ offence: Equivocation, _ records: Records) throws -> [UInt8] {
    let (first, second) = (offence.first, offence.second)
    let signatures = [first, second].map { one in
      let compact = one.signature.compact
      return [ABIValue.bytes32(compact.r), .bytes32(compact.vs)]
    }
    let last = [ABIValue.uint(records.number), records.last.argument]
    guard case .header(let octets) = first.kind, case .header(let others) = second.kind else {
      return try heads.call(
        [.uint(first.number), .bytes32(first.hash)] + signatures[0] + [.bytes32(second.hash)]
          + signatures[1] + last)
    }
    let nothing = ABIValue.tuple([
      .bytes32(KeccakDigest()), .bytes32(KeccakDigest()), .uint(UInt64(0)),
    ])
    return try headers.call(
      [.bytes(octets)] + signatures[0] + [.bytes(others)] + signatures[1]
        + [records.offence?.argument ?? nothing] + last)
  }
}
