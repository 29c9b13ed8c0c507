import ChainAccess
import Foundation
import Hashing
import Signing
import StateCommitments

/// A receipt with all that shows it: the chain's head before it, the receipts from it to the next
/// signed head, and that head. SETTLEMENT.md, section 8, has the file's format.
struct ReceiptProof: Codable, Equatable {
  struct Entry: Codable, Equatable {
    var session: UInt64
    var clientSequence: UInt64
    var globalSequence: UInt64
    /// Nanoseconds since the Unix epoch.
    var receiveTime: UInt64
    var outcome: String
  }

  struct Head: Codable, Equatable {
    var sequence: UInt64
    var head: String
    /// EIP-712 over the head, EIP-2098.
    var r: String
    var vs: String
  }

  static let format = "causeway receipt proof 1"

  var format = Self.format
  var chainID: UInt64
  var vault: String
  var sequencer: String
  var previousHead: String
  /// The first is the one that is shown.
  var receipts: [Entry]
  var signedHead: Head

  init(
    domain: SignatureDomain, previousHead: KeccakDigest, receipts: ArraySlice<Receipt>,
    head: SignedHead
  ) {
    chainID = domain.chainID
    vault = domain.vault.description
    sequencer = domain.sequencer.description
    self.previousHead = previousHead.hexadecimal
    self.receipts = receipts.map {
      Entry(
        session: $0.session, clientSequence: $0.clientSequence, globalSequence: $0.globalSequence,
        receiveTime: $0.receiveTime, outcome: $0.outcome.hexadecimal)
    }
    let compact = head.signature.compact
    signedHead = Head(
      sequence: head.sequence, head: head.head.hexadecimal, r: compact.r.hexadecimal,
      vs: compact.vs.hexadecimal)
  }

  /// - Throws: `ConfigurationError` for a file that cannot be read or is no proof.
  init(path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ConfigurationError(path, "cannot be read; give a proof that --export wrote")
    }
    guard let proof = try? JSONDecoder().decode(ReceiptProof.self, from: data),
      proof.format == Self.format, !proof.receipts.isEmpty
    else { throw ConfigurationError(path, "is no \(Self.format)") }
    self = proof
  }

  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      try (try encoder.encode(self)).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw ConfigurationError(path, "cannot be written: \(error.localizedDescription)")
    }
  }

  func domain() throws -> SignatureDomain {
    try SignatureDomain(chainID: chainID, vault: vault, sequencer: sequencer)
  }

  func head() throws -> SignedHead {
    SignedHead(
      sequence: signedHead.sequence, head: try Self.digest(signedHead.head),
      signature: RecoverableSignature(
        r: try Self.digest(signedHead.r), vs: try Self.digest(signedHead.vs)))
  }

  /// The receipt that is shown, once everything leads from it to the signed head.
  ///
  /// - Parameter sequencer: who must have signed; nil = whom the proof names.
  /// - Throws: `VerificationError`.
  func check(sequencer wanted: SignerAddress?) throws -> Entry {
    guard let shown = receipts.first else { throw VerificationError("the proof has no receipt") }
    var chain = ReceiptChain(
      head: try Self.digest(previousHead), lastSequence: shown.globalSequence &- 1)
    for entry in receipts {
      guard entry.globalSequence == chain.lastSequence &+ 1 else {
        throw VerificationError(
          "receipt \(entry.globalSequence) stands where \(chain.lastSequence &+ 1) belongs")
      }
      chain.append(
        Receipt(
          session: entry.session, clientSequence: entry.clientSequence,
          globalSequence: entry.globalSequence, receiveTime: entry.receiveTime,
          outcome: try Self.digest(entry.outcome)))
    }
    let head = try self.head()
    guard head.sequence == chain.lastSequence, head.head == chain.head else {
      throw VerificationError("the receipts do not lead to the signed head")
    }
    let domain = try self.domain()
    try domain.check(head)
    try domain.demand(wanted)
    return shown
  }

  private static func digest(_ text: String) throws -> KeccakDigest {
    guard let octets = try? octets(hexadecimal: text), let digest = KeccakDigest(octets) else {
      throw VerificationError("\(text.prefix(80)) is no digest")
    }
    return digest
  }
}
