import ChainAccess
import Hashing
import Signing
import StateCommitments

/// An earlier life has signed another head for a command: this program's events are others, and
/// two heads for one command cost the bond.
struct HeadDisagreement: Error, CustomStringConvertible {
  let folder: String
  let sequence: UInt64

  var description: String {
    "\(folder) holds another head for command \(sequence), signed by another version of this "
      + "program: nothing more is signed"
  }
}

/// Signs the receipt chain's head, and never two heads for one command: what it signed of the
/// open batch in an earlier life is read back, and compared.
struct HeadSigner: ~Copyable {
  private let file: RecordFile
  /// Signed before, by sequence.
  private var known: [UInt64: KeccakDigest] = [:]
  private(set) var count = 0

  init(_ folder: SettlementFolder, batch: UInt64) throws {
    let path = folder.receipts + "/" + SignedHead.name(batch)
    let header = SignedHead.header(batch)
    let records = RecordFile.records(
      path, header: header, recordByteCount: SignedHead.recordByteCount)
    let file = try RecordFile(
      path, header: header, recordByteCount: SignedHead.recordByteCount, keepsRecords: true)
    self.file = file
    for record in records ?? [] {
      let head = SignedHead(record: record)
      known[head.sequence] = head.head
    }
  }

  /// Whether an earlier life signed nothing else for `sequence`. To be asked of every head.
  func agrees(_ head: KeccakDigest, at sequence: UInt64) -> Bool {
    known[sequence].map { $0 == head } ?? true
  }

  mutating func sign(
    _ chain: ReceiptChain, domain: SettlementDomain, with key: borrowing SigningKey
  ) throws {
    guard known.removeValue(forKey: chain.lastSequence) == nil else { return }
    let statement = SettlementStatement.head(sequence: chain.lastSequence, head: chain.head)
    let signature = domain.sign(statement, with: key)
    let signed = SignedHead(
      sequence: chain.lastSequence, head: chain.head,
      signature: RecoverableSignature(r: signature.r, vs: signature.vs))
    file.append(signed.record)
    try file.flush()
    count += 1
  }

  func sync() throws { try file.sync() }
}
