import ChainAccess
import Hashing
import Signing
import StateCommitments

/// The receipts of one batch, and the heads that were signed among them.
struct ReceiptChainFile {
  let batch: UInt64
  /// The chain before the first receipt.
  let before: KeccakDigest
  let receipts: [Receipt]
  let heads: [SignedHead]

  /// Nil when the folder has no receipts of this batch.
  ///
  /// - Throws: `VerificationError` for a file that is not of this batch.
  init?(_ folder: SettlementFolder, batch: UInt64) throws {
    let path = folder.receipts + "/" + ReceiptFile.name(batch)
    guard let header = RecordFile.header(path, byteCount: 48) else { return nil }
    guard let before = KeccakDigest(header[16...]),
      header == ReceiptFile.header(batch, after: before),
      let records = RecordFile.records(
        path, header: header, recordByteCount: ReceiptFile.recordByteCount)
    else { throw VerificationError("\(path) is not of batch \(batch)") }
    self.batch = batch
    self.before = before
    receipts = records.map(ReceiptFile.receipt)
    let headsPath = folder.receipts + "/" + SignedHead.name(batch)
    guard RecordFile.header(headsPath, byteCount: 1) != nil else {
      heads = []
      return
    }
    guard
      let signed = RecordFile.records(
        headsPath, header: SignedHead.header(batch),
        recordByteCount: SignedHead.recordByteCount)
    else { throw VerificationError("\(headsPath) is not of batch \(batch)") }
    heads = signed.map(SignedHead.init(record:))
  }

  /// Holds the receipts against the batch that they are of: numbered without gaps, from its
  /// predecessor's head to its own, and every head among them signed.
  ///
  /// - Throws: `VerificationError`.
  func check(_ opened: OpenedBatch, _ manifest: BatchManifest) throws {
    guard before == opened.receiptHeadBefore else {
      throw VerificationError("its receipts do not begin at the head of the batch before")
    }
    let data = opened.data
    let wanted = data.lastSequence &- data.firstSequence &+ 1
    guard UInt64(receipts.count) == wanted else {
      throw VerificationError("\(receipts.count) receipts are here for its \(wanted) commands")
    }
    var chain = ReceiptChain(head: before, lastSequence: data.firstSequence &- 1)
    var signed: [UInt64: KeccakDigest] = [:]
    for head in heads { signed[head.sequence] = head.head }
    var seen = 0
    for receipt in receipts {
      guard receipt.globalSequence == chain.lastSequence &+ 1 else {
        throw VerificationError(
          "receipt \(receipt.globalSequence) stands where \(chain.lastSequence &+ 1) belongs")
      }
      chain.append(receipt)
      guard let head = signed[receipt.globalSequence] else { continue }
      guard head == chain.head else { throw Self.otherHead(receipt.globalSequence) }
      seen += 1
    }
    guard chain.head == data.receiptHead else {
      throw VerificationError("its receipts do not lead to the head that it names")
    }
    guard seen == heads.count else {
      throw VerificationError("a head is signed for a command that it does not have, or twice")
    }
    let domain = try SignatureDomain(manifest)
    for head in heads { try domain.check(head) }
  }

  /// What shows the receipt of a client's message under the first signed head that covers it; nil
  /// when the message is not in this batch.
  ///
  /// - Throws: `VerificationError` when no head covers it, or the head is not that of the receipts.
  func proof(
    session: UInt64, clientSequence: UInt64, _ domain: SignatureDomain
  ) throws -> ReceiptProof? {
    let place = receipts.firstIndex {
      $0.session == session && $0.clientSequence == clientSequence
    }
    guard let place else { return nil }
    let number = receipts[place].globalSequence
    guard
      let head = heads.filter({ $0.sequence >= number }).min(by: { $0.sequence < $1.sequence }),
      let end = receipts[place...].firstIndex(where: { $0.globalSequence == head.sequence })
    else { throw VerificationError("no signed head covers command \(number) yet") }
    var chain = ReceiptChain(head: before, lastSequence: 0)
    for receipt in receipts[..<place] { chain.append(receipt) }
    let previous = chain.head
    for receipt in receipts[place...end] { chain.append(receipt) }
    guard chain.head == head.head else { throw Self.otherHead(head.sequence) }
    return ReceiptProof(
      domain: domain, previousHead: previous, receipts: receipts[place...end], head: head)
  }

  private static func otherHead(_ sequence: UInt64) -> VerificationError {
    VerificationError("the head signed for command \(sequence) is not that of the receipts")
  }
}

/// Who signs, for which vault on which chain.
struct SignatureDomain: Equatable {
  let chainID: UInt64
  let vault: SignerAddress
  let sequencer: SignerAddress

  /// - Throws: `VerificationError` for addresses that are none.
  init(chainID: UInt64, vault: String, sequencer: String) throws {
    guard let place = try? SignerAddress(text: vault) else {
      throw VerificationError("the vault \(vault) is no address")
    }
    guard let signer = try? SignerAddress(text: sequencer) else {
      throw VerificationError("the sequencer \(sequencer) is no address")
    }
    self.chainID = chainID
    self.vault = place
    self.sequencer = signer
  }

  init(_ manifest: BatchManifest) throws {
    try self.init(
      chainID: manifest.chainID, vault: manifest.vault, sequencer: manifest.sequencer)
  }

  var signed: SettlementDomain { SettlementDomain(chainID: chainID, contract: vault) }

  /// - Throws: `VerificationError` when it is not the sequencer's signature.
  func check(_ head: SignedHead) throws {
    let digest = signed.digest(.head(sequence: head.sequence, head: head.head))
    guard (try? head.signature.signer(of: digest)) == sequencer else {
      throw VerificationError("the head of command \(head.sequence) is not signed by \(sequencer)")
    }
  }

  /// - Throws: `VerificationError` when another sequencer is wanted.
  func demand(_ wanted: SignerAddress?) throws {
    guard let wanted, wanted != sequencer else { return }
    throw VerificationError("\(sequencer) has signed it, not \(wanted)")
  }
}
