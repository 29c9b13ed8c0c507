import ChainAccess
import DataAvailability
import Foundation
import Hashing
import Signing

/// Data on the base chain through an ordinary node: transactions of the payer to itself, whose
/// calldata or blobs are the data.
///
/// Each content has a name with the sender, so it is paid for once, also over restarts. Nothing
/// here waits for a block: `publish` throws `waiting` until the transaction is confirmed. One that
/// can no longer be mined, or was confirmed and is gone from the chain, makes room for another. One
/// that was reverted is in its block with its data, and serves as well: the operator is told, since
/// only an account with code can do that. One thread.
final class NodePublisher: ChainPublisher {
  /// Who pays, and how much at most.
  struct Payer {
    var keyFile: String
    /// Where unfinished transactions are remembered.
    var senderFile: String
    var policy: SenderPolicy
    /// Nil: no blobs.
    var blobTool: BlobTool?
  }

  private let url: String
  private let chainID: UInt64
  private let payer: Payer?
  private let beacon: BeaconClient?
  private var client: ChainClient?
  private var sender: TransactionSender?

  /// Transactions that are on their way at a time: nodes hold no more than 16 of one account for
  /// certain, and fewer large ones.
  static var underWayMax: Int { 8 }

  /// - Parameters:
  ///   - payer: nil for one that only fetches.
  ///   - beacon: who has blobs; nil fetches none.
  init(url: String, chainID: UInt64, payer: Payer?, beacon: BeaconClient? = nil) {
    self.url = url
    self.chainID = chainID
    self.payer = payer
    self.beacon = beacon
  }

  var blobsMax: Int { BlobSidecar.countMax }

  /// Follows what was sent: once a round.
  ///
  /// - Returns: lines for the operator.
  func step() throws -> [String] {
    guard let sender else { return [] }
    return try sender.step().compactMap(\.line)
  }

  // MARK: Out

  func publish(_ load: ChainLoad) throws(AvailabilityError) -> KeccakDigest {
    guard load.blobs.isEmpty || payer?.blobTool != nil else {
      throw .publisher("no program makes blobs' proofs")
    }
    let sender = try connectedSender()
    let content = keccak256(Array(load.blobs.joined()) + load.input)
    let first = "\(load.blobs.isEmpty ? "calldata" : "blob")-\(content)"
    var name = first
    var form = 0
    while let state = sender.state(of: name) {
      guard state.isFinal else { throw .waiting("its transaction is \(state.rawValue)") }
      if state != .displaced, let hash = sender.minedHash(of: name), try isInChain(hash) {
        return hash
      }
      form += 1
      name = "\(first)-\(form)"
    }
    guard sender.outstanding.count < Self.underWayMax else {
      throw .waiting("\(Self.underWayMax) transactions are on their way")
    }
    let sidecar = load.blobs.isEmpty ? nil : try payer?.blobTool?.sidecar(load.blobs)
    do throws(ChainError) {
      try sender.submit(
        name, TransactionCall(to: sender.address, data: load.input), sidecar: sidecar)
    } catch { throw Self.reason(error) }
    throw .waiting("its transaction is \(sender.state(of: name)?.rawValue ?? "not sent")")
  }

  private func isInChain(_ hash: KeccakDigest) throws(AvailabilityError) -> Bool {
    do throws(ChainError) {
      return try connectedClient().isMined(hash)
    } catch { throw Self.reason(error) }
  }

  /// What may be otherwise a moment later is waited for; the rest lets the next storage try.
  private static func reason(_ error: ChainError) -> AvailabilityError {
    if case .nonce = error { return .waiting("\(error)") }
    return error.isPassing ? .waiting("\(error)") : .publisher("\(error)")
  }

  private func connectedSender() throws(AvailabilityError) -> TransactionSender {
    if let sender { return sender }
    guard let payer else { throw .publisher("no key is at hand to pay with") }
    let client: ChainClient
    do throws(ChainError) {
      client = try connectedClient()
    } catch { throw Self.reason(error) }
    do {
      let made = try TransactionSender(
        client: client, key: try KeyFile.read(payer.keyFile), file: payer.senderFile,
        policy: payer.policy)
      sender = made
      return made
    } catch { throw .publisher("\(error)") }
  }

  private func connectedClient() throws(ChainError) -> ChainClient {
    if let client { return client }
    // Whoever calls tries again by itself.
    let made = try ChainClient(
      url: url, chainID: chainID, policy: ClientPolicy(timeoutSeconds: 10, attemptCount: 1))
    client = made
    return made
  }

  // MARK: Back

  func input(of transaction: KeccakDigest) throws(AvailabilityError) -> [UInt8] {
    try self.transaction(transaction).input
  }

  func blobs(of hash: KeccakDigest) throws(AvailabilityError) -> [[UInt8]] {
    guard let beacon else {
      throw .publisher("no consensus node is named that has blobs; give --beacon URL")
    }
    let transaction = try transaction(hash)
    guard let number = transaction.blockNumber, !transaction.blobHashes.isEmpty else {
      throw .missing(place: "transaction \(transaction.hash.hexadecimal), blobs")
    }
    do throws(ChainError) {
      guard let block = try connectedClient().block(.number(number)) else {
        throw ChainError.badAnswer("eth_getBlockByNumber", "no block \(number)")
      }
      return try beacon.blobs(transaction.blobHashes, time: block.timestamp)
    } catch { throw .publisher("\(error)") }
  }

  private func transaction(_ hash: KeccakDigest) throws(AvailabilityError) -> ChainTransaction {
    let found: ChainTransaction?
    do throws(ChainError) {
      found = try connectedClient().transaction(hash)
    } catch { throw .publisher("\(error)") }
    guard let found else { throw .missing(place: "transaction \(hash.hexadecimal)") }
    return found
  }
}

extension ChainClient {
  /// Whether a transaction is in a block of the chain.
  func isMined(_ hash: KeccakDigest) throws(ChainError) -> Bool {
    try transaction(hash)?.blockNumber != nil
  }

  /// Whether the transactions that carry a batch's data are in the chain, the earlier ones of
  /// several too; true for data that are elsewhere.
  ///
  /// - Throws: `ChainError`, `AvailabilityError` for a reference that names none.
  func hasData(_ reference: DataReference) throws -> Bool {
    guard reference.kind == .calldata || reference.kind == .blob else { return true }
    guard let hash = KeccakDigest(reference.locator), let last = try transaction(hash),
      last.blockNumber != nil
    else { return false }
    return try reference.earlierTransactions(last.input).allSatisfy { try isMined($0) }
  }
}

extension SenderNotice {
  /// What an operator should know of it; nil for what goes as it should.
  var line: String? {
    switch self {
    case .reverted(let name, let reason): "\(name) was reverted: \(reason)"
    case .displaced(let name): "\(name) was displaced by another transaction"
    case .trouble(let name, let error): "\(name) waits: \(error)"
    case .reorganised(let name): "\(name) was taken back by the chain; it waits again"
    case .sent, .raised, .mined, .confirmed: nil
    }
  }
}
