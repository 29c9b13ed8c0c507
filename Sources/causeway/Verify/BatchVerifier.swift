import ChainAccess
import DataAvailability
import Hashing
import Settlement
import Signing
import StateCommitments

/// A batch whose data are there, in form, and lead to the root that they name.
struct OpenedBatch {
  let data: BatchData
  /// keccak of the published octets before they were compressed.
  let content: KeccakDigest
  let byteCount: Int
  let plainByteCount: Int
  /// The receipt chain before the batch.
  let receiptHeadBefore: KeccakDigest
}

/// A batch that holds.
struct BatchFinding: Encodable, Equatable {
  var batch: UInt64
  var firstSequence: UInt64
  var lastSequence: UInt64
  var root: String
  var header: String
  var sequencer: String
  /// Receipts recomputed, and signed heads checked; nil when they are not in the folder.
  var receipts: Int?
  var heads: Int?
  /// Whether the vault has this header; nil when no vault was asked.
  var isInVault: Bool?

  var text: String {
    let receipts = self.receipts.map { "\($0) receipts and \(heads ?? 0) signed heads lead to it" }
    let vault = isInVault.map { $0 ? "; the vault has it" : "; not in the vault yet" }
    return "batch \(batch) holds: commands \(firstSequence) to \(lastSequence), root \(root), "
      + "signed by \(sequencer); " + (receipts ?? "its receipts are not here") + (vault ?? "")
  }
}

/// Goes through the batches of a folder from the first on, with the state rebuilt from published
/// data alone, and holds each against its manifest, its signatures and its receipts.
struct BatchVerifier: ~Copyable {
  private let folder: SettlementFolder
  private let directory: DirectoryAvailability
  private let sequencer: SignerAddress?
  /// After the last batch that was opened.
  private(set) var state = SettledState()

  /// - Parameter sequencer: who must have signed; nil = whom each manifest names.
  init(_ folder: SettlementFolder, sequencer: SignerAddress?) {
    self.folder = folder
    self.sequencer = sequencer
    directory = DirectoryAvailability(folder: folder.data)
  }

  /// Applies the next batch.
  ///
  /// - Throws: `VerificationError` for data that are missing, altered, out of form, or lead to
  ///   another root.
  mutating func open() throws -> OpenedBatch {
    let number = state.number + 1
    let before = state.receiptHead
    do {
      let published = try directory.fetch(number: number)
      let data = try Rebuild.open(published, batch: number)
      guard data.number == number, !data.isSnapshot else {
        throw RebuildError.number(wanted: number, found: data.number)
      }
      try state.apply(data)
      // Octets have one form, so that encoding what was decoded gives them back.
      let plain = try BatchCodec.encode(data)
      return OpenedBatch(
        data: data, content: keccak256(plain), byteCount: published.count,
        plainByteCount: plain.count, receiptHeadBefore: before)
    } catch let error as RebuildError {
      throw VerificationError("\(error)")
    } catch {
      throw VerificationError("batch \(number): \(error)")
    }
  }

  /// Holds an opened batch against its manifest, signatures and receipts.
  ///
  /// - Throws: `VerificationError`.
  func check(_ opened: OpenedBatch) throws -> BatchFinding {
    let number = opened.data.number
    do {
      let manifest = try folder.manifest(number)
      if let difference = manifest.difference(from: opened) {
        throw VerificationError(difference)
      }
      guard try manifest.isSigned() else {
        throw VerificationError("its header is not signed by \(manifest.sequencer)")
      }
      if let sequencer, try SignerAddress(text: manifest.sequencer) != sequencer {
        throw VerificationError("\(manifest.sequencer) has signed it, not \(sequencer)")
      }
      var finding = BatchFinding(
        batch: number, firstSequence: manifest.firstSequence, lastSequence: manifest.lastSequence,
        root: manifest.newRoot, header: manifest.header, sequencer: manifest.sequencer)
      if let file = try ReceiptChainFile(folder, batch: number) {
        try file.check(opened, manifest)
        finding.receipts = file.receipts.count
        finding.heads = file.heads.count
      }
      return finding
    } catch {
      throw VerificationError("batch \(number): \(error)")
    }
  }
}

extension SettlementFolder {
  /// The last batch, when none before it lacks its manifest.
  ///
  /// - Throws: `ConfigurationError` without batches; `VerificationError` for a gap.
  func lastOfAll() throws -> UInt64 {
    let numbers = numbers
    guard let last = numbers.last else {
      throw ConfigurationError(batches, "has no batches; give a venue's settlement folder")
    }
    for (place, number) in numbers.enumerated() where number != UInt64(place + 1) {
      throw VerificationError("batch \(place + 1) has no manifest in \(batches)")
    }
    return last
  }
}

extension BatchManifest {
  /// The first thing said here that the data do not say; nil when all is theirs.
  func difference(from opened: OpenedBatch) -> String? {
    let data = opened.data
    let numbers: [(name: String, says: UInt64, right: UInt64)] = [
      ("number", number, data.number), ("firstSequence", firstSequence, data.firstSequence),
      ("lastSequence", lastSequence, data.lastSequence), ("time", time, data.time),
      ("consumed", consumed, data.consumed),
      ("byteCount", UInt64(clamping: byteCount), UInt64(opened.byteCount)),
      ("plainByteCount", UInt64(clamping: plainByteCount), UInt64(opened.plainByteCount)),
      ("changedAccounts", UInt64(clamping: changedAccounts), UInt64(data.accounts.count)),
      ("fills", UInt64(clamping: fills), UInt64(data.fills.count)),
    ]
    if let wrong = numbers.first(where: { $0.says != $0.right }) {
      return "its manifest says \(wrong.name) \(wrong.says), its data \(wrong.right)"
    }
    let digests: [(name: String, says: String, right: KeccakDigest)] = [
      ("content", content, opened.content), ("previousRoot", previousRoot, data.previousRoot),
      ("newRoot", newRoot, data.newRoot), ("riskTableHash", riskTableHash, data.riskTableHash),
      ("receiptRoot", receiptRoot, data.receiptHead), ("queueChain", queueChain, data.queueChain),
      ("withdrawalRoot", withdrawalRoot, WithdrawalTree(data.withdrawals).root),
      ("header", header, data.header(content: opened.content).hash),
    ]
    if let wrong = digests.first(where: { $0.says != $0.right.hexadecimal }) {
      return "its manifest says \(wrong.name) \(wrong.says), its data \(wrong.right.hexadecimal)"
    }
    return withdrawalList == data.withdrawals ? nil : "its manifest has other withdrawals"
  }
}
