import ChainAccess
import Hashing
import Signing
import StateCommitments

extension RecoverableSignature {
  /// r and vs of EIP-2098, 64 octets.
  var compactOctets: [UInt8] { compact.r.octets + compact.vs.octets }
}

/// The receipts of one batch, in the order of their commands: `receipts-NUMBER.cwr`.
///
/// Header: magic "CWRCPT01", batch number, head before the first receipt. Each record: session,
/// client sequence, global sequence, receive time, outcome; 64 octets, as they are hashed.
enum ReceiptFile {
  static let recordByteCount = 64

  static func header(_ batch: UInt64, after head: KeccakDigest) -> [UInt8] {
    Array("CWRCPT01".utf8) + BigEndian.octets(batch) + head.octets
  }

  static func record(_ receipt: Receipt) -> [UInt8] {
    let numbers = [
      receipt.session, receipt.clientSequence, receipt.globalSequence, receipt.receiveTime,
    ]
    return numbers.flatMap(BigEndian.octets) + receipt.outcome.octets
  }

  static func receipt(_ octets: [UInt8]) -> Receipt {
    let number = { BigEndian.value(octets[$0 * 8..<$0 * 8 + 8]) }
    return Receipt(
      session: number(0), clientSequence: number(1), globalSequence: number(2),
      receiveTime: number(3), outcome: digest(octets[32..<64]))
  }

  static func name(_ batch: UInt64) -> String { "receipts-\(NumberedName.padded(batch)).cwr" }
}

/// A head of the receipt chain with the sequencer's signature.
struct SignedHead: Equatable {
  var sequence: UInt64
  var head: KeccakDigest
  var signature: RecoverableSignature

  /// Of one batch: `heads-NUMBER.cwh`. Header: magic "CWHEAD01", batch number. Each record:
  /// sequence, head, r and vs of EIP-2098; 104 octets.
  static let recordByteCount = 104

  static func header(_ batch: UInt64) -> [UInt8] {
    Array("CWHEAD01".utf8) + BigEndian.octets(batch)
  }

  static func name(_ batch: UInt64) -> String { "heads-\(NumberedName.padded(batch)).cwh" }

  var record: [UInt8] { BigEndian.octets(sequence) + head.octets + signature.compactOctets }

  init(sequence: UInt64, head: KeccakDigest, signature: RecoverableSignature) {
    self.sequence = sequence
    self.head = head
    self.signature = signature
  }

  init(record: [UInt8]) {
    sequence = BigEndian.value(record[0..<8])
    head = digest(record[8..<40])
    signature = RecoverableSignature(r: digest(record[40..<72]), vs: digest(record[72..<104]))
  }
}

enum NumberedName {
  /// So that names sort as numbers.
  static func padded(_ number: UInt64) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 10 - digits.count)) + digits
  }
}

/// Of 32 octets.
private func digest(_ octets: ArraySlice<UInt8>) -> KeccakDigest {
  KeccakDigest(octets) ?? KeccakDigest()
}
