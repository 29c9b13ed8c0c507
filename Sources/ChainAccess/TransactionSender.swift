import Foundation
import Hashing
import Signing
import Synchronization

/// What `step` found.
public enum SenderNotice: Equatable, Sendable {
  case sent(String)
  /// Sent again with a higher fee.
  case raised(String)
  /// Name and block.
  case mined(String, UInt64)
  /// Its block is no longer part of the chain; it waits again, or is in another block.
  case reorganised(String)
  case confirmed(String)
  case reverted(String, RevertReason)
  case displaced(String)
  /// Nothing was decided; the next step tries again.
  case trouble(String, ChainError)
}

/// Sends transactions of one key until they are confirmed; each name once, also over restarts.
///
/// A transaction gets its nonce and is signed and stored before any node sees it. From then on
/// only forms with the same nonce are signed, so at most one of them can be executed. What
/// `submit` accepted is never forgotten: `step`, called about once a block, sends it again when
/// nodes lost it, raises its fee when it waits too long, follows it through reorganisations, and
/// closes it when it is deep enough. Nothing is signed from a node's word that is not inside the
/// policy's caps.
///
/// A chain may take back more than the confirmations that were asked for. For 64 blocks what was
/// final is sent again then: else its nonce would stay empty, and nothing after it could be mined.
///
/// One process for each key: a lock on the file keeps others away. Calls block, one at a time.
public final class TransactionSender: Sendable {
  /// Nonces by which a chain may be ahead of ours before we doubt the node.
  static var nonceLeapMax: UInt64 { 1000 }

  struct Work: ~Copyable {
    let key: SigningKey
    var book: SenderBook
  }

  public let address: SignerAddress
  public let policy: SenderPolicy
  let client: ChainClient
  let file: StoredFile
  let work: Mutex<Work>

  /// - Parameter file: where it remembers; made when missing.
  /// - Throws: `configuration`, `file`.
  public init(
    client: ChainClient, key: consuming SigningKey, file path: String,
    policy: SenderPolicy = SenderPolicy()
  ) throws(ChainError) {
    try policy.check()
    self.client = client
    self.policy = policy
    address = key.address
    file = try StoredFile(path)
    let book =
      try file.read(SenderBook.self) ?? SenderBook(chainID: client.chainID, sender: address)
    try book.check(chainID: client.chainID, sender: address, path: path)
    work = Mutex(Work(key: key, book: book))
  }

  // MARK: What others ask

  /// Stores, signs and sends a call under a name. A name that is known is not sent again: the
  /// answer is where it stands.
  ///
  /// - Parameter gas: limit; without it the node's estimate and a margin. Needed when the call
  ///   depends on one that is not mined yet.
  /// - Throws: before anything is signed `configuration` (the name stands for another call),
  ///   `reverted`, `nonce`, `feeAboveCap`, `gasAboveCap`, or why the node does not answer. After it
  ///   is stored: `insufficientFunds` or `rpc` when the node refuses it; it stays, to be tried
  ///   again.
  @discardableResult
  public func submit(
    _ name: String, _ call: TransactionCall, sidecar: BlobSidecar? = nil, gas: UInt64? = nil
  ) throws(ChainError) -> SenderState {
    try work.withLock { work throws(ChainError) in
      let content = SenderBook.content(call, sidecar)
      if let known = work.book.index(of: name) {
        guard work.book.entries[known].content == content else {
          throw .configuration("\(name) already stands for another transaction; give another name")
        }
        return work.book.entries[known].state
      }
      let head = try client.blockNumber()
      let transaction = try draft(call, sidecar, gas: gas, in: &work)
      let signed = transaction.signed(by: work.key)
      work.book.entries.append(
        SenderBook.Entry(
          name: name, nonce: transaction.nonce, content: content,
          attempts: [hexadecimal(signed.payload)], hashes: [signed.hash.hexadecimal],
          sidecar: sidecar.map { sidecar in
            [sidecar.blobs, sidecar.commitments, sidecar.proofs].map { $0.map { hexadecimal($0) } }
          }, sentAt: head))
      work.book.nextNonce = transaction.nonce + 1
      do throws(ChainError) {
        try file.write(work.book)
      } catch {
        work.book.entries.removeLast()
        work.book.nextNonce = transaction.nonce
        throw error
      }
      let index = work.book.entries.count - 1
      do throws(ChainError) {
        _ = try broadcast(index, in: &work, head: head)
      } catch {
        guard error.isPassing else { throw error }
      }
      return work.book.entries[index].state
    }
  }

  /// Where a name stands; nil when it is not known.
  public func state(of name: String) -> SenderState? {
    work.withLock { work in work.book.index(of: name).map { work.book.entries[$0].state } }
  }

  /// The hash of the form that is in a block, once there is one.
  public func minedHash(of name: String) -> KeccakDigest? {
    work.withLock { work in
      work.book.index(of: name).flatMap { work.book.entries[$0].minedHash }
        .flatMap { try? KeccakDigest(hexadecimal: $0) }
    }
  }

  /// The nonce of a name; nil when it is not known.
  public func nonce(of name: String) -> UInt64? {
    work.withLock { work in work.book.index(of: name).map { work.book.entries[$0].nonce } }
  }

  /// The nonce of the next transaction.
  ///
  /// - Throws: as `submit`.
  public func nextNonce() throws(ChainError) -> UInt64 {
    try work.withLock { work throws(ChainError) in try nonce(in: work.book) }
  }

  /// Names that are not final yet, in order of nonce.
  public var outstanding: [String] {
    work.withLock { work in work.book.entries.filter { !$0.state.isFinal }.map(\.name) }
  }

  /// Steps until a name is final; its receipt.
  ///
  /// - Throws: `reverted`, `displaced`, `unconfirmed` when the time is over.
  public func wait(_ name: String, seconds: Double) throws(ChainError) -> ChainReceipt {
    let end = Date().addingTimeInterval(seconds)
    var last = "it was never submitted"
    while let state = state(of: name) {
      if state.isFinal { return try outcome(name) }
      do throws(ChainError) {
        for case .trouble(name, let error) in try step() { last = "\(error)" }
      } catch {
        guard error.isPassing else { throw error }
        last = "\(error)"
      }
      guard let state = self.state(of: name), !state.isFinal else { continue }
      if last == "it was never submitted" || state == .mined { last = "\(state)" }
      guard Date() < end else { break }
      Thread.sleep(forTimeInterval: policy.pauseSeconds)
    }
    throw .unconfirmed(name, last)
  }

  private func outcome(_ name: String) throws(ChainError) -> ChainReceipt {
    let entry = work.withLock { work in
      work.book.index(of: name).map { work.book.entries[$0] }
    }
    guard let entry, entry.state != .displaced, let text = entry.minedHash else {
      throw .displaced(name, entry?.nonce ?? 0)
    }
    if entry.state == .reverted { throw .reverted(.message(entry.reason ?? "no reason kept")) }
    guard let receipt = try client.receipt(try KeccakDigest(hexadecimal: text)) else {
      throw .unconfirmed(name, "the node has lost its receipt")
    }
    return receipt
  }
}

// MARK: Before signing

extension TransactionSender {
  /// The nonce of the next transaction: ours, unless the key was used elsewhere.
  ///
  /// - Throws: `nonce` when the node is behind, or says what cannot be.
  func nonce(in book: SenderBook) throws(ChainError) -> UInt64 {
    let mined = try client.nonce(of: address)
    let pending = max(mined, try client.nonce(of: address, at: .pending))
    let ours = book.nextNonce ?? mined
    let closed = book.entries.last { $0.state == .confirmed || $0.state == .reverted }
    if let closed, mined <= closed.nonce {
      throw .nonce(
        "the node is behind: it counts \(mined) transactions, \(closed.nonce + 1) are ours")
    }
    guard pending < ours || pending - ours <= Self.nonceLeapMax else {
      throw .nonce("the node says nonce \(pending), ours would be \(ours)")
    }
    return max(ours, pending)
  }

  private func draft(
    _ call: TransactionCall, _ sidecar: BlobSidecar?, gas: UInt64?, in work: inout Work
  ) throws(ChainError) -> Transaction {
    guard sidecar == nil || call.to != nil else {
      throw .unencodable("blobs cannot create a contract")
    }
    let nonce = try nonce(in: work.book)
    let limit: UInt64
    if let gas {
      limit = gas
    } else {
      let needed = U256(try client.estimateGas(call, from: address))
      limit =
        needed.saturatingTimes(100 + policy.gasMarginPercent)
        .quotientAndRemainder(dividingBy: 100).quotient.asUInt64 ?? .max
    }
    guard limit <= policy.gasLimitMax else { throw .gasAboveCap(limit, policy.gasLimitMax) }
    let fees = try offer(isBlob: sidecar != nil)
    return Transaction(
      chainID: client.chainID, nonce: nonce, maxPriorityFeePerGas: fees.priority,
      maxFeePerGas: fees.most, gasLimit: limit, to: call.to, value: call.value, data: call.data,
      blobs: sidecar.map {
        .init(maxFeePerBlobGas: fees.blob, versionedHashes: $0.versionedHashes)
      })
  }

  func offer(isBlob: Bool) throws(ChainError) -> FeeOffer {
    let history = try client.feeHistory(blocks: 10, percentile: 50)
    return try FeeOffer(
      history: history, blobBase: isBlob ? try client.blobBaseFee() : nil, policy: policy)
  }
}
