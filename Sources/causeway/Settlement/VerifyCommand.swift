import ArgumentParser
import ChainAccess
import DataAvailability
import Hashing
import Settlement
import Signing
import StateCommitments

/// `causeway verify`: batches and receipts, held against what they claim. Exit 1 when one does not
/// hold, with a line that says why.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Hold a venue's batches and receipts against what they claim.",
    subcommands: [VerifyBatchCommand.self, VerifyReceiptCommand.self])
}

/// What does not hold.
struct VerificationError: Error, CustomStringConvertible {
  let description: String
}

/// `causeway verify batch`.
struct VerifyBatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch",
    abstract: "Every batch of a folder: data, root, header, signature, receipts.")

  @Option(help: "Folder of a venue's settlement: batches, data, receipts.")
  var directory: String

  @Option(help: "Address that must have signed; without it the one that the manifests name.")
  var sequencer: String?

  func run() throws {
    let folder = SettlementFolder(path: directory)
    let wanted = try sequencer.map { try ChainOptions.address($0, "--sequencer") }
    guard !folder.numbers.isEmpty else {
      throw ConfigurationError(folder.batches, "has no batches; give a venue's settlement folder")
    }
    do {
      try verify(folder, wanted)
    } catch let error as VerificationError {
      complain(error.description)
      throw ExitCode(1)
    }
  }

  private func verify(_ folder: SettlementFolder, _ wanted: SignerAddress?) throws {
    let directory = DirectoryAvailability(folder: folder.data)
    var state = SettledState()
    for number in folder.numbers {
      let manifest = try folder.manifest(number)
      let refuse = { (why: String) in VerificationError(description: "batch \(number): \(why)") }
      let data: BatchData
      do {
        data = try Rebuild.open(try directory.fetch(number: number), batch: number)
        try state.apply(data)
      } catch {
        throw refuse("\(error)")
      }
      let content = keccak256(try BatchCodec.encode(data))
      guard hexadecimal(data.header(content: content).hash.octets) == manifest.header else {
        throw refuse("its data are not those of its header")
      }
      guard try manifest.isSigned() else { throw refuse("its header is not signed") }
      if let wanted, try SignerAddress(text: manifest.sequencer) != wanted {
        throw refuse("\(manifest.sequencer) has signed it, not \(wanted)")
      }
      let receipts = try ReceiptChainFile(folder, batch: number).map { try $0.head() }
      if let receipts, receipts != data.receiptHead {
        throw refuse("its receipts do not lead to the head that it names")
      }
      say(
        "batch \(number) holds: commands \(data.firstSequence) to \(data.lastSequence), root "
          + "\(manifest.newRoot), signed by \(manifest.sequencer)"
          + (receipts == nil ? "; its receipts are not here" : ""))
    }
  }
}

/// The receipts of one batch, and the heads that were signed among them.
struct ReceiptChainFile {
  let batch: UInt64
  private let before: KeccakDigest
  private let receipts: [Receipt]
  private let heads: [UInt64: SignedHead]

  /// Nil when there is no such file.
  init?(_ folder: SettlementFolder, batch: UInt64) throws {
    let path = folder.receipts + "/" + ReceiptFile.name(batch)
    guard let header = RecordFile.header(path, byteCount: 48) else { return nil }
    guard let before = KeccakDigest(header[16...]),
      header == ReceiptFile.header(batch, after: before)
    else { throw VerificationError(description: "\(path): is not of batch \(batch)") }
    self.batch = batch
    self.before = before
    receipts =
      RecordFile.records(path, header: header, recordByteCount: ReceiptFile.recordByteCount)?
      .map(ReceiptFile.receipt) ?? []
    let signed =
      RecordFile.records(
        folder.receipts + "/" + SignedHead.name(batch), header: SignedHead.header(batch),
        recordByteCount: SignedHead.recordByteCount)?.map(SignedHead.init(record:)) ?? []
    heads = Dictionary(signed.map { ($0.sequence, $0) }) { first, _ in first }
  }

  /// After the last receipt.
  func head() throws -> KeccakDigest {
    var chain = ReceiptChain(head: before, lastSequence: 0)
    for receipt in receipts { chain.append(receipt) }
    return chain.head
  }

  /// The receipt of a client's message, and the first signed head that covers it; nil when the
  /// message is not in this batch.
  ///
  /// - Throws: when no head covers it, or the head is not that of the receipts.
  func find(session: UInt64, clientSequence: UInt64) throws -> (Receipt, SignedHead)? {
    var chain = ReceiptChain(head: before, lastSequence: 0)
    var found: Receipt?
    for receipt in receipts {
      chain.append(receipt)
      if receipt.session == session, receipt.clientSequence == clientSequence {
        found = found ?? receipt
      }
      guard let found, let head = heads[receipt.globalSequence] else { continue }
      guard head.head == chain.head else {
        throw VerificationError(
          description: "the head signed for command \(head.sequence) is not that of the receipts")
      }
      return (found, head)
    }
    guard found == nil else {
      throw VerificationError(description: "no signed head covers the message yet")
    }
    return nil
  }
}

/// `causeway verify receipt`.
struct VerifyReceiptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receipt",
    abstract: "When a client's message was sequenced, by receipts and a signed head.")

  @Option(help: "Folder of a venue's settlement.")
  var directory: String

  @Option(help: "The session's identifier.")
  var session: UInt64

  @Option(help: "The client's sequence number of the message.")
  var clientSequence: UInt64

  @Option(help: "Demand that it was sequenced before this command.")
  var before: UInt64?

  func run() throws {
    let folder = SettlementFolder(path: directory)
    guard let last = folder.numbers.last else {
      throw ConfigurationError(folder.batches, "has no batches; give a venue's settlement folder")
    }
    do {
      for batch in 1...last + 1 {
        guard let file = try ReceiptChainFile(folder, batch: batch),
          let (receipt, head) = try file.find(session: session, clientSequence: clientSequence)
        else { continue }
        return try tell(receipt, head, try folder.manifest(last))
      }
      throw VerificationError(
        description: "session \(session) has no receipt of message \(clientSequence)")
    } catch let error as VerificationError {
      complain(error.description)
      throw ExitCode(1)
    }
  }

  private func tell(_ receipt: Receipt, _ head: SignedHead, _ manifest: BatchManifest) throws {
    let domain = SettlementDomain(
      chainID: manifest.chainID, contract: try SignerAddress(text: manifest.vault))
    let digest = domain.digest(.head(sequence: head.sequence, head: head.head))
    guard try head.signature.signer(of: digest) == SignerAddress(text: manifest.sequencer) else {
      throw VerificationError(
        description: "the head of command \(head.sequence) is not signed by \(manifest.sequencer)")
    }
    if let before, receipt.globalSequence >= before {
      throw VerificationError(
        description: "it is command \(receipt.globalSequence), not before \(before)")
    }
    say(
      "message \(clientSequence) of session \(session) is command \(receipt.globalSequence), "
        + "received at \(receipt.receiveTime) ns; the head of command \(head.sequence), signed by "
        + "\(manifest.sequencer), covers it")
  }
}
