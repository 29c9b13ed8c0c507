import ChainAccess
import DataAvailability
import Foundation
import Hashing
import Journaling
import Settlement
import Signing
import StateCommitments
import VenueCore
import VenueTypes

/// Makes batches of what the replica has applied, publishes them, and signs their headers and the
/// heads of the receipt chain.
struct BatchMaker: ~Copyable {
  let folder: SettlementFolder
  let domain: SettlementDomain
  let chainID: UInt64
  let vault: SignerAddress
  let key: SigningKey
  private let queue: QueueLog?
  private var state: SettledState
  var replica: VenueReplica
  private var receipts: RecordFile
  private var heads: HeadSigner
  var states: StateSigner
  /// Heads signed in this life, of batches that were closed.
  private var earlierHeads = 0
  /// Receipts since the last signed head.
  private var unsigned = 0
  /// Closed, but not published yet.
  private var pending: BatchData?

  /// X-8's other half: a batch pays at most this many accounts.
  private static var withdrawalsMax: Int { WithdrawalTree.leavesMax }
  static var headInterval: Int { 1_024 }

  /// - Parameters:
  ///   - state: what the batches in `folder` lead to.
  ///   - replica: at that state's last command, or before it.
  init(
    _ folder: SettlementFolder, _ settlement: VenueConfiguration.Settlement,
    key: consuming SigningKey, queue: QueueLog?, state: consuming SettledState,
    replica: consuming VenueReplica
  ) throws {
    // All that can throw comes before anything is ours.
    let next = state.number + 1
    let receipts = try Self.receiptFile(folder, batch: next, after: state.receiptHead)
    let heads = try HeadSigner(folder, batch: next)
    self.folder = folder
    self.receipts = receipts
    self.heads = heads
    states = StateSigner(folder)
    chainID = settlement.chain?.chainID ?? 0
    vault = settlement.chain?.vault ?? SignerAddress()
    domain = SettlementDomain(chainID: chainID, contract: vault)
    self.key = key
    self.queue = queue
    self.state = state
    self.replica = replica
  }

  private static func receiptFile(
    _ folder: SettlementFolder, batch: UInt64, after head: KeccakDigest
  ) throws -> RecordFile {
    try RecordFile(
      folder.receipts + "/" + ReceiptFile.name(batch),
      header: ReceiptFile.header(batch, after: head),
      recordByteCount: ReceiptFile.recordByteCount, keepsRecords: false)
  }

  var number: UInt64 { state.number }
  var lastCommitted: UInt64 { state.lastSequence }
  /// Commands that no batch has yet.
  var openCount: Int { replica.receipts.count }
  var headCount: Int { earlierHeads + heads.count }
  /// Whether the batch must be closed before the next command.
  var isFull: Bool { replica.withdrawn.count >= Self.withdrawalsMax }
  var hasUnsigned: Bool { unsigned > 0 }
  var isPublishing: Bool { pending != nil }

  /// - Throws: when the command's receipt is not what an earlier life has signed: this program's
  ///   events are others, and signing them would cost the bond.
  mutating func apply(_ sequenced: SequencedCommand) throws {
    guard sequenced.sequence > state.lastSequence else { return replica.skip(sequenced) }
    replica.apply(sequenced)
    guard heads.agrees(replica.chain.head, at: sequenced.sequence) else {
      throw HeadDisagreement(folder: folder.receipts, sequence: sequenced.sequence)
    }
    if let receipt = replica.receipts.last { receipts.append(ReceiptFile.record(receipt)) }
    unsigned += 1
    if unsigned >= Self.headInterval { try signHead() }
  }

  mutating func signHead() throws {
    guard unsigned > 0 else { return }
    try receipts.flush()
    try heads.sign(replica.chain, domain: domain, with: key)
    unsigned = 0
  }

  /// What a batch that ended here would say.
  mutating func endNow() -> ReplicaEnd { replica.end(after: state) }

  /// Ends the batch here; false when the base chain's queue is not known so far.
  ///
  /// - Parameter time: seconds since the Unix epoch.
  mutating func close(time: UInt64) throws -> Bool {
    precondition(pending == nil, "one batch at a time")
    var end = endNow()
    if let queue {
      guard let chain = queue.chain(after: end.terms.consumed) else { return false }
      end.terms.queueChain = chain
    } else {
      end.terms.consumed = 0
    }
    end.terms.number = state.number + 1
    end.terms.firstSequence = state.lastSequence + 1
    end.terms.time = max(time, state.time)
    try signHead()
    pending = try state.batch(end.terms, to: end.instruments, end.accounts)
    return true
  }

  /// The last batch of a life: what was closed is published, what is open becomes a batch.
  ///
  /// - Returns: octets published.
  mutating func finish(time: UInt64) throws -> Int {
    var count = try publish()
    if openCount > 0, try close(time: time) { count += try publish() }
    return count
  }

  /// Publishes the closed batch and signs it; to be called again after an error.
  ///
  /// - Returns: octets published.
  mutating func publish() throws -> Int {
    guard let batch = pending else { return 0 }
    try receipts.sync()
    try heads.sync()
    let plain = try BatchCodec.encode(batch)
    let published = try Rebuild.published(plain)
    _ = try DirectoryAvailability(folder: folder.data).post(published, number: batch.number)
    var manifest = BatchManifest(
      batch, content: keccak256(plain), domain: domain, chain: chainID, vault: vault, key: key)
    manifest.byteCount = published.count
    manifest.plainByteCount = plain.count
    try folder.write(manifest)
    earlierHeads += heads.count
    receipts = try Self.receiptFile(folder, batch: batch.number + 1, after: batch.receiptHead)
    heads = try HeadSigner(folder, batch: batch.number + 1)
    replica.beginBatch()
    states.beginBatch()
    pending = nil
    return published.count
  }
}
