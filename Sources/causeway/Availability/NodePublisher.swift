import ChainAccess
import DataAvailability
import Foundation
import Hashing
import Signing

/// Data on the base chain through an ordinary node: transactions of the payer to itself, whose
/// calldata or blobs are the data. Locator: the hash of the transaction, 32 octets.
///
/// Each content has a name with the sender, so it is paid for once, also over restarts. Nothing
/// here waits for a block: `publish…` throws `waiting` until the transaction is confirmed. One
/// thread.
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

  func publishCalldata(_ octets: [UInt8]) throws(AvailabilityError) -> [UInt8] {
    try publish("calldata", octets, sidecar: nil)
  }

  func publishBlobs(_ blobs: [[UInt8]]) throws(AvailabilityError) -> [UInt8] {
    guard let tool = payer?.blobTool else { throw .publisher("no program makes blobs' proofs") }
    return try publish("blob", Array(blobs.joined())) { () throws(AvailabilityError) in
      try tool.sidecar(blobs)
    }
  }

  private func publish(
    _ kind: String, _ octets: [UInt8], sidecar: (() throws(AvailabilityError) -> BlobSidecar)?
  ) throws(AvailabilityError) -> [UInt8] {
    let sender = try connectedSender()
    let content = "\(kind)-\(keccak256(octets))"
    var form = 0
    var name = content
    // One that can never be mined any more makes room for another.
    while let state = sender.state(of: name), state == .reverted || state == .displaced {
      form += 1
      name = "\(content)-\(form)"
    }
    switch sender.state(of: name) {
    case nil:
      let blobs = try sidecar?()
      let call = TransactionCall(to: sender.address, data: blobs == nil ? octets : [])
      do throws(ChainError) {
        try sender.submit(name, call, sidecar: blobs)
      } catch { throw Self.reason(error) }
    case .confirmed:
      guard let hash = sender.minedHash(of: name) else {
        throw .publisher("the sender's file has lost the transaction of \(name)")
      }
      return hash.octets
    default: break
    }
    throw .waiting("its transaction is \(sender.state(of: name)?.rawValue ?? "not sent")")
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

  func calldata(_ locator: [UInt8]) throws(AvailabilityError) -> [UInt8] {
    try transaction(locator).input
  }

  func blobs(_ locator: [UInt8]) throws(AvailabilityError) -> [[UInt8]] {
    guard let beacon else {
      throw .publisher("no consensus node is named that has blobs; give --beacon URL")
    }
    let transaction = try transaction(locator)
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

  private func transaction(_ locator: [UInt8]) throws(AvailabilityError) -> ChainTransaction {
    guard let hash = KeccakDigest(locator) else {
      throw .reference("\(locator.count) octets name no transaction")
    }
    let found: ChainTransaction?
    do throws(ChainError) {
      found = try connectedClient().transaction(hash)
    } catch { throw .publisher("\(error)") }
    guard let found else { throw .missing(place: "transaction \(hash.hexadecimal)") }
    return found
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
